import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dictsIn } from '../../engine/chaos-toolkit/control-order.ts'
import { httpStub } from '../../engine/chaos-toolkit/test-support/http-stub.ts'
import { dictOf, told } from '../../engine/chaos-toolkit/test-support/run-text.ts'
import { hasPython } from '../../engine/python/test-support/python-run.ts'
import { chaosFolder, until } from './test-support/chaos-run.ts'

const sh = (name: string, script: string, more: object = {}) => ({
  type: 'action',
  name,
  provider: { type: 'process', path: 'sh', arguments: ['-c', script] },
  ...more,
})
const experiment = (parts: object = {}) => ({
  title: 't',
  description: 'd',
  method: [sh('do', 'true')],
  ...parts,
})
const DEVIATES = experiment({
  'steady-state-hypothesis': {
    title: 'h',
    probes: [{ ...sh('up', 'test ! -e m', { tolerance: 0 }), type: 'probe' }],
  },
  method: [sh('break', 'touch m')],
})

describe('chaos run', () => {
  test('writes the journal and the log, and gives 0', async () => {
    using folder = chaosFolder({ 'e.json': experiment() })
    const end = await folder.run(['run', 'e.json'])
    expect([end.code, end.stdout]).toEqual([0, ''])
    expect(told({ journal: folder.journal(), troubles: [] })).toBe('completed, run: do succeeded')
    expect(end.stderr).toMatch(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO\] Validating the experiment's syntax$/m,
    )
    expect(folder.read('chaostoolkit.log')).toContain('INFO] Experiment ended with status: completed')
    expect(readdirSync(folder.path('.')).sort()).toEqual(['chaostoolkit.log', 'e.json', 'journal.json'])
  })

  test('gives 1 for a deviation; --no-log-file writes no log, --journal-path moves the journal', async () => {
    using folder = chaosFolder({ 'e.json': DEVIATES })
    const end = await folder.run(['--no-log-file', 'run', '--journal-path', 'j.json', 'e.json'])
    expect(end.code).toBe(1)
    expect(readdirSync(folder.path('.')).sort()).toEqual(['e.json', 'j.json', 'm'])
  })

  test('takes values from the command line and from files', async () => {
    const declared = { a: 1, b: { type: 'env', key: 'B', default: 'none' } }
    using folder = chaosFolder({
      'e.json': experiment({
        configuration: declared,
        method: [
          {
            ...sh('say', ''),
            provider: { type: 'process', path: 'echo', arguments: ['$' + '{a}', '$' + '{b}'] },
          },
        ],
      }),
      'v.env': 'B=from-file\n',
    })
    const end = await folder.run(['run', '--var', 'a:float=2', '--var-file', 'v.env', 'e.json'])
    expect(end.code).toBe(0)
    expect(folder.read('journal.json')).toContain('"stdout": "2.0 from-file\\n"')
  })

  test('reads strategies from settings, the experiment before them, the command line before all', async () => {
    const rollbacks = [sh('undo', 'true')]
    using folder = chaosFolder({
      'e.json': experiment({ rollbacks }),
      'own.json': experiment({ rollbacks, runtime: { hypothesis: { strategy: 'default' } } }),
      's.yaml': 'runtime: {rollbacks: {strategy: never}}',
    })
    const rolledBack = async (...args: string[]) => {
      await folder.run(['--settings', 's.yaml', 'run', ...args])
      return told({ journal: folder.journal(), troubles: [] }).includes('rollbacks')
    }
    expect(await rolledBack('e.json')).toBe(false)
    // A runtime block of the experiment puts the other strategy back to its default.
    expect(await rolledBack('own.json')).toBe(true)
    expect(await rolledBack('--rollback-strategy', 'always', 'e.json')).toBe(true)
  })

  test('gives 1 when asked to for a hypothesis that was missed before or during', async () => {
    const probe = { ...sh('down', 'exit 1', { tolerance: 0 }), type: 'probe' }
    using folder = chaosFolder({
      'e.json': experiment({ 'steady-state-hypothesis': { title: 'h', probes: [probe] } }),
    })
    const code = async (...args: string[]) => (await folder.run(['run', ...args, 'e.json'])).code
    expect(await code()).toBe(0)
    expect(await code('--on-gate-failure', 'exit1')).toBe(1)
    expect(await code('--hypothesis-strategy', 'during-method-only')).toBe(0)
    expect(await code('--hypothesis-strategy', 'during-method-only', '--exit-on-deviation', 'during')).toBe(1)
  })

  test('tells the channels of the settings', async () => {
    await using server = await httpStub((_, response) => response.end())
    using folder = chaosFolder({
      'e.json': DEVIATES,
      's.yaml': `notifications: [{type: http, url: '${server.url}'}]`,
    })
    await folder.run(['--settings', 's.yaml', 'run', 'e.json'])
    expect(server.seen.map((one) => (JSON.parse(one.body) as { name: string }).name)).toEqual([
      'run-started',
      'run-completed',
      'run-deviated',
    ])
  })

  test('runs an experiment from an address', async () => {
    await using server = await httpStub((_, response) =>
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(experiment())),
    )
    using folder = chaosFolder()
    expect((await folder.run(['run', server.url])).code).toBe(0)
  })

  test('what is no JSON is kept as text, and the code is that of the crash it would have been', async () => {
    using folder = chaosFolder({
      'e.yaml': 'title: t\ndescription: d\nmethod: []\nkey: !!binary aGk=\nday: 2026-01-31\n',
    })
    const end = await folder.run(['run', 'e.yaml'])
    expect([end.code, end.stderr]).toEqual([
      1,
      expect.stringContaining('experiment.key (bytes) is no JSON: it is kept as text in the journal'),
    ])
    const text = folder.read('journal.json')
    expect([text.includes(`"key": "b'hi'"`), text.includes('"day": "2026-01-31"')]).toEqual([true, true])
  })

  test.skipIf(!hasPython())(
    'the journal tells of known faults, their windows and what undid them',
    async () => {
      const toxic = (name: string, func: string, more = {}) => ({
        type: 'action',
        name,
        provider: {
          type: 'python',
          module: 'chaostoxi.toxic.actions',
          func,
          arguments: { for_proxy: 'payment', toxic_name: 'slow', ...more },
        },
      })
      using folder = chaosFolder({
        'e.json': experiment({
          method: [toxic('slow it', 'create_latency_toxic', { latency: 500 })],
          rollbacks: [toxic('mend it', 'delete_toxic')],
        }),
      })
      mkdirSync(folder.path('chaostoxi/toxic'), { recursive: true })
      folder.write({
        'chaostoxi/__init__.py': '',
        'chaostoxi/toxic/__init__.py': '',
        'chaostoxi/toxic/actions.py':
          'def create_latency_toxic(for_proxy, toxic_name, latency): return True\ndef delete_toxic(for_proxy, toxic_name): return True\n',
      })
      const env = { PYTHONPATH: folder.path('.') }
      expect((await folder.run(['run', 'e.json'], { env })).code).toBe(0)
      const [fault] = dictsIn(dictOf(folder.journal().get('aftershock')).get('faults'))
      expect(fault?.get('undone')).toBe(true)
      expect(fault?.get('verified_by')).toContain('mend it')
      await folder.run(['run', '--strict-compat', 'e.json'], { env })
      expect(folder.journal().has('aftershock')).toBe(false)
    },
  )

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)(
    '%s during the method: undone, journal whole, exit 1',
    async (name) => {
      using folder = chaosFolder({
        'e.json': experiment({
          method: [sh('break', 'touch broken; sleep 20')],
          rollbacks: [sh('mend', 'rm broken')],
        }),
      })
      const { child, end } = folder.start(['run', 'e.json'])
      await until(() => existsSync(folder.path('broken')))
      child.kill(name)
      expect((await end).code).toBe(1)
      expect(existsSync(folder.path('broken'))).toBe(false)
      expect(folder.journal().get('status')).toBe('interrupted')
      expect(folder.journal().has('in_progress')).toBe(false)
    },
  )
})

describe('what cannot be run: one line, exit 1', () => {
  test.each([
    ['e.json', '{', 'Failed parsing the experiment: Expecting property name enclosed in double quotes'],
    ['e.json', '[]', 'an empty experiment is not an experiment'],
    ['e.json', 'null', 'an empty experiment is not an experiment'],
    ['e.yaml', 'a: [', 'Failed parsing YAML experiment'],
    ['e.txt', '{}', 'only files with json, yaml or yml extensions are supported'],
    ['e.json', '{"title": "t"}', 'experiment requires a description'],
  ])('%s holding %j: %s', async (name, text, why) => {
    using folder = chaosFolder({ [name]: text })
    for (const command of ['run', 'validate']) {
      const end = await folder.run([command, name])
      expect([end.code, end.stderr]).toEqual([1, expect.stringContaining(why)])
      expect(end.stderr).not.toMatch(/^\s+at /m)
    }
    expect(existsSync(folder.path('journal.json'))).toBe(false)
  })

  test.each([
    ['- 1', 'must be a mapping'],
    ['runtime:', "'runtime' in s.yaml must be a mapping"],
    ['runtime: {rollbacks: }', "'runtime.rollbacks' in s.yaml must be a mapping"],
    ['controls: [1]', "'controls' in s.yaml must be a mapping of names to controls"],
    ['notifications: {type: http}', "'notifications' in s.yaml must be a list of mappings"],
    ['notifications: [{type: plugin}]', 'a channel of type plugin needs the name of its module'],
  ])('settings of %j: %s', async (settings, why) => {
    using folder = chaosFolder({ 's.yaml': settings, 'e.json': experiment() })
    const end = await folder.run(['--settings', 's.yaml', 'run', 'e.json'])
    expect([end.code, end.stderr]).toEqual([1, expect.stringContaining(why)])
    expect(existsSync(folder.path('journal.json'))).toBe(false)
  })

  test('a control file that is none; one that is broken is told and passed over, as in the reference', async () => {
    using folder = chaosFolder({ 'e.json': experiment(), 'list.yaml': '[1]', 'c.txt': 'a: 1', 'c.json': '{' })
    for (const [file, code, why] of [
      ['list.yaml', 1, 'must be a mapping of names to controls'],
      ['c.txt', 1, 'must be JSON or YAML'],
      ['c.json', 0, 'Failed to parse control file'],
    ] as const) {
      const end = await folder.run(['run', '--control-file', file, 'e.json'])
      expect([end.code, end.stderr]).toEqual([code, expect.stringContaining(why)])
    }
  })

  test('an unknown strategy in the file, a place for the journal that is none', async () => {
    using folder = chaosFolder({
      'e.json': experiment({ runtime: { hypothesis: { strategy: 'continuous' } } }),
      'ok.json': experiment(),
    })
    expect((await folder.run(['run', 'e.json'])).stderr).toContain(
      "Unknown strategy 'continuous' for the hypothesis",
    )
    const end = await folder.run(['run', '--journal-path', 'no/j.json', 'ok.json'])
    expect([end.code, end.stderr]).toEqual([
      1,
      expect.stringContaining('the journal cannot be written to no/j.json'),
    ])
  })
})

describe('usage', () => {
  test.each([
    [['run'], "Missing argument 'SOURCE'."],
    [['run', 'a', 'b'], 'Got unexpected extra argument (b)'],
    [['run', '--zz', 'a'], "No such option '--zz'."],
    [
      ['run', '--dry', 'a'],
      "Invalid value for '--dry': 'a' is not one of 'probes', 'actions', 'activities', 'pause'.",
    ],
    [['run', '--hypothesis-strategy', 'skip', 'a'], "Invalid value for '--hypothesis-strategy'"],
    [['run', '--hypothesis-frequency', 'x', 'a'], "'x' is not a valid float."],
    [['run', '--var', 'a:zzz=1', 'a'], "Invalid value for '--var': variable type can only be"],
    [
      ['run', '--var-file', 'none.json', 'a'],
      "Invalid value for '--var-file': Path 'none.json' does not exist.",
    ],
    [['nope'], "No such command 'nope'."],
    [['info', 'x'], "Invalid value for 'TARGET'"],
    [['settings', 'get'], "Missing argument 'KEY'."],
    [['settings', 'remove', '--format', 'json', 'a'], "No such option '--format'."],
    [['settings', 'show', '--format', 'string'], "'string' is not one of 'json', 'yaml'."],
  ])('%j gives 2: %s', async (args, message) => {
    using folder = chaosFolder()
    const end = await folder.run(args)
    expect([end.code, end.stderr]).toEqual([2, expect.stringContaining(message)])
  })

  test('options of aftershock itself before the command are refused, not passed over', async () => {
    using folder = chaosFolder()
    const end = await folder.run(['info', 'settings'], { before: ['-C', '.'] })
    expect([end.code, end.stderr]).toEqual([
      2,
      expect.stringContaining('which stand behind it: -C stands before'),
    ])
  })

  test('help and version', async () => {
    using folder = chaosFolder()
    expect((await folder.run(['run', '--help'])).stdout).toContain(
      '--rollback-strategy [default|always|never|deviated]',
    )
    expect((await folder.run(['--version'])).stdout).toMatch(/^chaos, version \d/)
    expect((await folder.run([])).code).toBe(2)
  })
})

describe('the other commands', () => {
  test('settings: show, get, set, remove', async () => {
    using folder = chaosFolder({ 's.yaml': 'b: [1, {c: two}]\na: {x: yes}\n' })
    const settings = (...args: string[]) => folder.run(['--settings', 's.yaml', 'settings', ...args])
    expect((await settings('show')).stdout).toBe('a:\n  x: true\nb:\n- 1\n- c: two\n\n')
    expect((await settings('get', 'a.x')).stdout).toBe('true\n...\n\n')
    expect((await settings('get', '--format', 'json', 'b[1]')).stdout).toBe('{\n  "c": "two"\n}\n')
    expect((await settings('set', 'a.x', '"new"')).code).toBe(0)
    expect((await settings('remove', 'b[0]')).code).toBe(0)
    expect(folder.read('s.yaml')).toBe('a:\n  x: new\nb:\n- c: two\n')
    expect((await settings('get', 'zz')).code).toBe(1)
    expect((await folder.run(['--settings', 'none.yaml', 'settings', 'show'])).code).toBe(1)
  })

  test('info: versions, settings', async () => {
    using folder = chaosFolder({ 's.yaml': 'a: 1\n' })
    expect((await folder.run(['info', 'core'])).stdout).toMatch(/^NAME {16}VERSION {3}\nCLI {17}\d/)
    expect((await folder.run(['--settings', 's.yaml', 'info', 'settings'])).stdout).toBe('a: 1\n\n')
    expect((await folder.run(['info', 'settings'])).stdout).toContain('No settings file found at')
    expect((await folder.run(['--settings', '.', 'info', 'settings'])).code).toBe(0)
    const none = await folder.run(['--python', '/no/python', 'info', 'extensions'])
    expect([none.code, none.stderr]).toEqual([0, expect.stringContaining('no Python, so no extensions')])
  })

  test('init: asks, and writes an experiment from what discovery found', async () => {
    const activities = [
      {
        type: 'action',
        name: 'kill',
        mod: 'm',
        doc: 'Kills it.',
        arguments: [
          { name: 'n', type: 'integer' },
          { name: 'label', type: 'string', default: 'x' },
        ],
      },
      { type: 'probe', name: 'is_up', mod: 'm', arguments: [] },
    ]
    using folder = chaosFolder({ 'discovery.json': { activities } })
    const answers = ['My title', 'y', 'It stays up', '1', 'y', 'true', 'n', 'y', '1', 'y', '3', '', 'n', 'n']
    const end = await folder.run(['init'], { stdin: `${answers.join('\n')}\n` })
    expect([end.code, end.stderr]).toEqual([0, ''])
    expect(JSON.parse(folder.read('experiment.json'))).toEqual({
      title: 'My title',
      description: 'N/A',
      tags: [],
      'steady-state-hypothesis': {
        title: 'It stays up',
        probes: [
          {
            type: 'probe',
            name: 'is_up',
            provider: { type: 'python', module: 'm', func: 'is_up', arguments: {} },
            tolerance: 'true',
          },
        ],
      },
      method: [
        {
          type: 'action',
          name: 'kill',
          provider: { type: 'python', module: 'm', func: 'kill', arguments: { n: 3, label: 'x' } },
        },
      ],
    })
    expect((await folder.run(['init'], { stdin: 'only a title\n' })).code).toBe(1)
    const nowhere = await folder.run(['init', '--experiment-path', 'no/e.json'], { stdin: 'T\nn\nn\nn\n' })
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining('Cannot write no/e.json')])
  })

  test('report: a page from journals, and the reason where there is none', async () => {
    using folder = chaosFolder({ 'e.json': DEVIATES })
    await folder.run(['run', 'e.json'])
    expect((await folder.run(['report', '--title', 'T', 'journal.json', 'r.html'])).code).toBe(0)
    expect(folder.read('r.html')).toContain('the steady state was not met')
    await folder.run(['report', '--export-format', 'markdown', 'journal.json', 'as-asked.html'])
    expect(folder.read('as-asked.html')).toMatch(/^# Chaos Engineering Report/)
    expect((await folder.run(['report', 'journal.json', 'journal.json', 'r.md'])).code).toBe(0)
    expect(folder.read('r.md').match(/^## t$/gm)).toHaveLength(2)
    const end = await folder.run(['report', 'e.json', 'r.md'])
    expect([end.code, end.stderr]).toEqual([
      1,
      expect.stringContaining("e.json is no journal: it has no 'experiment'"),
    ])
  })
})
