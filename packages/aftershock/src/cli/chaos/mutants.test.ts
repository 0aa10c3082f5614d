// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { scratch } from '../../engine/chaos-toolkit/test-support/run-text.ts'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { type Random, seededRandom } from '../../model/random.ts'
import type { Io, Output } from '../io.ts'
import { chaos } from './chaos.ts'
import { mutant } from './test-support/mutants.ts'

/** More by hand: `MUTANTS=5000 npx vitest run --project unit …/mutants.test.ts`, from another seed with `SEED=2`. */
const COUNT = Number(process.env.MUTANTS ?? 40)
const SEED = Number(process.env.SEED ?? 1)

/** Of a mistake of ours: lines of a stack, and words that only the engine says. */
const STACK =
  /^\s+at \S+.*:\d+:\d+\)?$|Cannot (?:read|set) propert|is not a function|is not iterable|call stack|\[object |undefined/m

/** Nothing that reads: with its arguments gone, a shell would wait for ours. */
const run = (name: string, path: 'echo' | 'false' = 'echo') => ({
  type: 'action',
  name,
  provider: { type: 'process', path, arguments: ['words', '${a}'] },
})
const probe = (name: string, tolerance: unknown) => ({ ...run(name), type: 'probe', tolerance })
const EXPERIMENT = {
  title: 'about ${a}',
  description: 'd',
  tags: ['x'],
  contributions: { security: 'high' },
  configuration: {
    a: 'v',
    e: { type: 'env', key: 'PATH', default: 'd', env_var_type: 'str' },
    p: { ...run('p'), type: 'probe' },
  },
  secrets: { s: { k: 'v', e: { type: 'env', key: 'PATH' } } },
  runtime: { rollbacks: { strategy: 'always' }, hypothesis: { strategy: 'default' } },
  extensions: [{ name: 'mine' }],
  controls: [
    {
      name: 'c',
      provider: { type: 'node', module: 'nowhere', arguments: { a: 1 } },
      scope: 'before',
      automatic: true,
    },
  ],
  'steady-state-hypothesis': {
    title: 'h',
    probes: [
      probe('a0', 0),
      probe('a1', { type: 'range', range: [0, 1], target: 'status' }),
      probe('a2', { type: 'regex', pattern: '.*', target: 'stdout' }),
      probe('a3', { type: 'jsonpath', path: '$.status', target: 'x', count: 1 }),
      probe('a4', [0, 1]),
    ],
  },
  method: [
    { ...run('m0', 'false'), pauses: { after: 0.001 }, timeout: 5 },
    { ...run('m1'), background: true },
    { ref: 'a0' },
    {
      type: 'probe',
      name: 'web',
      provider: {
        type: 'http',
        url: 'http://127.0.0.1:9/${a}',
        method: 'POST',
        headers: { X: '${a}' },
        arguments: { k: [1] },
        timeout: [0.1, 0.1],
      },
    },
  ],
  rollbacks: [run('r0')],
}

/** Runs a command in this process. @returns its code and what it said; what it throws fails the test */
async function told(
  argv: readonly string[],
  folder: string,
): Promise<{ readonly code: number; readonly words: string }> {
  let words = ''
  const output: Output = {
    write: (text) => {
      words += text
    },
    isTty: false,
    columns: 80,
    unicode: true,
    style: (_, text) => text,
  }
  const io: Io = { cwd: folder, env: process.env, out: output, err: output, stdin: process.stdin }
  return {
    code: await chaos(['--no-log-file', '--settings', `${folder}/none.yaml`, ...argv], io, '0'),
    words,
  }
}

const OPTIONS = [
  [],
  ['--no-validation'],
  ['--no-validation', '--strict-compat'],
  ['--dry', 'activities'],
  [
    '--no-validation',
    '--hypothesis-strategy',
    'continuously',
    '--hypothesis-frequency',
    '0.01',
    '--fail-fast',
  ],
  ['--rollback-strategy', 'always', '--no-validation'],
]

describe('whatever a file holds, there is a result or a reason', () => {
  test('of experiments', async () => {
    using files = scratch()
    const folder = files.path('.')
    const random = seededRandom(SEED)
    let played = 0
    for (let at = 0; at < COUNT; at++) {
      const { text, name } = mutant(EXPERIMENT, random)
      writeFileSync(files.path(name), text)
      const options = OPTIONS[at % OPTIONS.length] ?? []
      const journal = files.path('journal.json')
      rmSync(journal, { force: true })
      const { code, words } = await told(
        ['run', '--journal-path', journal, ...options, files.path(name)],
        folder,
      )
      const about = `mutant ${at} of seed ${SEED}, ${options.join(' ')}:\n${text}\n${words}`
      expect([0, 1], about).toContain(code)
      expect(words, about).not.toMatch(STACK)
      if (code === 1) expect(words, about).toMatch(/ERROR|CRITICAL|WARNING/)
      if (!existsSync(journal)) continue
      played += 1
      readJson(readFileSync(journal, 'utf8'))
    }
    expect(played).toBeGreaterThan(COUNT / 3)
  }, 600_000)

  test('of journals', async () => {
    using files = scratch()
    const folder = files.path('.')
    writeFileSync(files.path('e.json'), JSON.stringify(EXPERIMENT))
    await told(['run', '--journal-path', files.path('base.json'), files.path('e.json')], folder)
    const base = JSON.parse(readFileSync(files.path('base.json'), 'utf8')) as object
    const random: Random = seededRandom(SEED)
    let shown = 0
    for (let at = 0; at < COUNT; at++) {
      const { text } = mutant(base, random)
      writeFileSync(files.path('j.json'), text)
      const target = files.path(at % 2 === 0 ? 'r.html' : 'r.md')
      const { code, words } = await told(['report', files.path('j.json'), target], folder)
      const about = `mutant ${at} of seed ${SEED}:\n${text}\n${words}`
      expect([0, 1], about).toContain(code)
      if (code === 1) expect(words, about).toContain('ERROR')
      else shown += 1
      if (code === 0) expect(readFileSync(target, 'utf8'), about).not.toMatch(/\[object |undefined/)
    }
    expect(shown).toBeGreaterThan(COUNT / 3)
  }, 600_000)
})
