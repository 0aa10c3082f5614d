// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../../packages/aftershock/src/model/random.ts'
import type { Case } from '../cases.ts'
import { type Choose, choose } from './choose.ts'
import { jsonText, toleranceText } from './texts.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }
type World = { readonly c: Choose; readonly url: string }

/** Whole experiments with their options, files and environment; most are valid. The same seed gives the same ones. */
export function randomCases(seed: number, count: number, url: string): readonly Case[] {
  return Array.from({ length: count }, (_, at) => randomCase(seed + at, url))
}

const support = (name: string): string => readFileSync(join(import.meta.dirname, 'support', name), 'utf8')

function randomCase(seed: number, url: string): Case {
  const c = choose(seededRandom(seed))
  const world: World = { c, url }
  const experiment = experimentOf(world)
  const options = optionsOf(world)
  const files: Record<string, string> = {
    'lib.py': support('lib.py'),
    'ctl.py': support('ctl.py'),
    ...options.files,
  }
  const before = ['--no-version-check', ...options.before]
  return {
    name: `random ${seed}`,
    argv: [...before, 'run', ...options.after, 'e.json'],
    source: { name: 'e.json', text: withNumbers(JSON.stringify(experiment)) },
    files,
    env: { SET: 'no', NUMBER: '3', EMPTY: '', WORDS: 'two words' },
    isTimed: options.after.some((one) => /continu|during/.test(one)),
  }
}

/** JSON text stands in the tree as `{"$json": text}`, so that numbers keep their spelling. */
function withNumbers(text: string): string {
  return text.replaceAll(/\{"\$json":("(?:[^"\\]|\\.)*")\}/g, (_, own: string) => String(JSON.parse(own)))
}

const raw = (text: string): Json => ({ $json: text })

function experimentOf(world: World): Json {
  const { c } = world
  const at = <T>(n: number, make: () => T): T | undefined => (c.once(n) ? make() : undefined)
  return {
    title: c.of(['t', 't', 'about ${a}', '${a}', '$b and $$']),
    description: 'd',
    version: '1.0.0',
    tags: at(5, () => ['x', 'y']),
    configuration: c.once(4) ? undefined : configurationOf(world),
    secrets: at(2, () => secretsOf(world)),
    runtime: at(5, () => ({
      rollbacks: at(2, () => ({ strategy: c.of(['always', 'never', 'deviated', 'default', 'other']) })),
      hypothesis: at(2, () => ({
        strategy: c.of(['default', 'before-method-only', 'after-method-only', 'skip']),
      })),
    })),
    extensions: at(8, () => [{ name: 'mine', value: 1 }]),
    contributions: at(8, () => ({ reliability: 'high', security: 'none' })),
    controls: at(3, () => controlsOf(world, 'top')),
    'steady-state-hypothesis': c.once(4) ? undefined : hypothesisOf(world),
    method: c.list(4, () => activityOf(world, 'method')),
    rollbacks: at(2, () => c.list(2, () => activityOf(world, 'rollbacks'))),
  }
}

function configurationOf({ c, url }: World): Json {
  const env = (): Json => ({
    type: 'env',
    key: c.of(['SET', 'NUMBER', 'EMPTY', 'WORDS', 'UNSET']),
    default: c.once(3) ? raw(jsonText(c, 0)) : 'fallback',
    env_var_type: c.once(3) ? c.of(['str', 'bool', 'json', 'bytes']) : undefined,
  })
  const dynamic = (): Json => ({
    type: 'probe',
    name: 'dynamic',
    provider: c.of<Json>([
      { type: 'python', module: 'lib', func: 'give', arguments: { value: raw(jsonText(c, 1)) } },
      { type: 'process', path: 'echo', arguments: c.of(['from a process', '${a}']) },
      { type: 'process', path: 'false' },
      { type: 'http', url: `${url}/json` },
      { type: 'python', module: 'lib', func: 'fail' },
    ]),
  })
  const value = (): Json => c.of([() => raw(jsonText(c, 2)), () => raw(jsonText(c, 0)), env, dynamic])()
  return { a: value(), b: value(), n: c.of<Json>([1, 0.1, 'text', true]), url }
}

function secretsOf({ c }: World): Json {
  const value = (): Json =>
    c.of([
      () => 'hidden',
      () => ({ type: 'env', key: c.of(['SET', 'WORDS']) }),
      () => ({ deep: { type: 'env', key: 'NUMBER' } }),
      () => raw(jsonText(c, 1)),
    ])()
  return { one: { s: value(), a: value() }, two: { t: value(), s: value() } }
}

function controlsOf(world: World, level: string): Json {
  const { c } = world
  return c.list(2, () => {
    const name = `${level}${c.below(2)}`
    return {
      name,
      provider: {
        type: 'python',
        module: c.once(12) ? 'nowhere' : 'ctl',
        arguments: { name, ...(c.once(2) ? trouble(c) : {}) },
      },
      scope: c.once(5) ? c.of(['before', 'after']) : undefined,
      automatic: c.once(5) ? c.once(2) : undefined,
    }
  })
}

function trouble(c: Choose): { readonly [key: string]: Json } {
  return {
    at: `${c.of(['before', 'after'])} ${c.of(['experiment', 'hypothesis', 'method', 'rollback', 'activity', 'activity'])}`,
    do: c.of(['raise', 'interrupt', 'rename', 'status', 'output', 'configure', 'drop', 'exit']),
  }
}

function hypothesisOf(world: World): Json {
  const { c } = world
  return {
    title: 'steady',
    probes: c.list(3, () => ({ ...activityOf(world, 'hypothesis'), tolerance: toleranceOf(world) })),
    controls: c.once(5) ? controlsOf(world, 'hypothesis') : undefined,
  }
}

function toleranceOf({ c }: World): Json {
  if (c.once(3)) return raw(toleranceText(c))
  return c.of<Json>([
    true,
    200,
    0,
    [200, 404],
    [200, 201, 204],
    '${a}',
    { type: 'regex', pattern: '.*', target: 'stdout' },
    { type: 'jsonpath', path: '$.ok', target: 'body' },
    { type: 'jsonpath', path: '$.list.*', count: 3, target: 'body' },
    { type: 'range', range: [0, 5] },
    { type: 'range', range: [0, 500], target: 'status' },
    {
      type: 'probe',
      name: 'judge',
      provider: {
        type: 'python',
        module: 'lib',
        func: c.of(['positive', 'give', 'fail', 'has']),
        arguments: {},
      },
    },
    { type: 'probe', name: 'judge', provider: { type: 'process', path: 'false', arguments: {} } },
  ])
}

function activityOf(
  world: World,
  section: 'hypothesis' | 'method' | 'rollbacks',
): { readonly [key: string]: Json | undefined } {
  const { c } = world
  if (section === 'method' && c.once(12)) return { ref: c.of(['a0', 'a1', 'a2']) }
  return {
    type: section === 'hypothesis' ? 'probe' : c.of(['action', 'probe']),
    name: `a${c.below(4)}`,
    provider: providerOf(world),
    background: section !== 'hypothesis' && c.once(8) ? true : undefined,
    pauses: c.once(6)
      ? c.of<Json>([{ before: 0.05 }, { after: 0.02 }, { before: 0, after: 0.01 }, { before: '${n}' }])
      : undefined,
    controls: c.once(6) ? controlsOf(world, 'own') : undefined,
    dry: c.once(20) ? 'actions' : undefined,
    timeout: c.once(20) ? 1 : undefined,
  }
}

function providerOf(world: World): Json {
  const { c } = world
  return c.of([pythonOf, pythonOf, processOf, httpOf])(world)
}

function pythonOf({ c }: World): Json {
  const call = (func: string, given?: Json, more: { readonly [key: string]: Json } = {}): Json => ({
    type: 'python',
    module: 'lib',
    func,
    ...(given === undefined ? {} : { arguments: given }),
    ...more,
  })
  const value = (): Json =>
    c.of<() => Json>([
      () => raw(jsonText(c, 2)),
      () => c.of(['${a}', '$a', 'x ${b}', '${s}', '$$', '${nothing}', '${n}']),
    ])()
  return c.of([
    () => call('give', { value: value() }),
    () => call('give', { value: value() }),
    () => call('give'),
    () => call('count'),
    () => call('add', { a: value(), b: value() }),
    () => call('keywords', { z: value(), a: value() }),
    () =>
      call('fail', {
        how: c.of(['failed', 'value', 'key', 'interrupt', 'exit', 'chained', 'empty', 'lines', 'assert']),
      }),
    () =>
      call('strange', {
        kind: c.of(['date', 'time', 'decimal', 'uuid', 'tuple', 'keys', 'float', 'int', 'text', 'error']),
      }),
    () => call('configured', { key: c.of(['a', 'b', 'n']) }),
    () => call('configured'),
    () => call('secret', {}, { secrets: c.of([['one'], ['two', 'one'], ['nowhere'], []]) }),
    () => call('secret'),
    () => call('both', { a: value() }, { secrets: ['one'] }),
    () => call('environment', { name: c.of(['SET', 'FROM_FILE', 'UNSET']) }),
    () => call('talk'),
    () => call('positional', { last: 1 }),
    () =>
      call(c.of(['missing', 'NOT_A_FUNCTION', 'add', 'give']), c.of<Json>([{}, { nothing: 1 }, { a: 1 }])),
    () => ({ type: 'python', module: 'os.path', func: 'basename', arguments: { p: value() } }),
    () => ({
      type: 'python',
      module: c.of(['nowhere', 'json', '']),
      func: 'dumps',
      arguments: { obj: value() },
    }),
  ])()
}

function processOf({ c }: World): Json {
  const shell = (text: string): Json => ({ type: 'process', path: 'sh', arguments: ['-c', text] })
  return c.of<Json>([
    { type: 'process', path: 'echo', arguments: 'hello ${a} "quoted words"' },
    { type: 'process', path: 'echo', arguments: ['hello', '${b}', '', null, 3, 1.0, true, ['x'], { k: 1 }] },
    { type: 'process', path: 'echo', arguments: { '-n': null, '--key': 'value', n: 5 } },
    { type: 'process', path: 'echo' },
    { type: 'process', path: 'printf', arguments: "'a\\nb\\n'" },
    { type: 'process', path: 'false' },
    { type: 'process', path: 'nothing-here', arguments: '1' },
    { type: 'process', path: 'sleep', arguments: '2', timeout: 0.3 },
    { type: 'process', path: 'echo', arguments: 'x', timeout: '${n}' },
    shell('echo some words to read; echo and some more >&2; exit 3'),
    shell('kill -9 $$'),
    shell('echo "$SET and $WORDS"'),
    shell("printf 'grüße aus köln und von überall'"),
    shell('cat /dev/null'),
  ])
}

function httpOf({ c, url }: World): Json {
  const path = c.of([
    '/json',
    '/charset',
    '/text',
    '/utf8',
    '/latin',
    '/badjson',
    '/empty',
    '/number',
    '/null',
    '/gzip',
    '/created',
    '/moved',
    '/kept',
    '/seen',
    '/loop',
    '/echo',
    '/echo?a=1',
    '/status/404',
    '/status/503',
    '/drop',
    '/nothing',
    '/brokenzip',
    '/elsewhere',
    '/short',
    '/slow',
    '/slowly',
    '/octets',
    '/upper',
    '/untyped',
  ])
  const given = (): Json | undefined =>
    c.of<Json | undefined>([
      undefined,
      { a: '${a}', list: [1, 'two', null], t: true, none: null, f: 1.0 },
      { deep: { k: 1 } },
      'text ${b}',
      [['k', 'v']],
      {},
    ])
  return {
    type: 'http',
    url: c.once(15)
      ? c.of(['nowhere', 'ftp://x/', 'http://127.0.0.1:9/', '${nothing}/x'])
      : c.once(3)
        ? `\${url}${path}`
        : `${url}${path}`,
    method: c.once(2)
      ? c.of(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'post', 'OPTIONS'])
      : undefined,
    headers: c.once(2)
      ? c.of<Json>([
          { 'Content-Type': 'application/json' },
          { 'content-type': 'application/json' },
          { 'X-One': 'v ${n}', 'X-Two': '${a}' },
          { Accept: 'text/plain', Authorization: 'Bearer x' },
          { 'Content-Type': 'text/plain' },
        ])
      : undefined,
    arguments: given(),
    timeout: path.startsWith('/slow') ? 0.5 : c.once(6) ? c.of<Json>([2, [1, 2], 0.5, '${n}']) : undefined,
    verify_tls: c.once(10) ? false : undefined,
    max_retries: c.once(10) ? 1 : undefined,
    expected_status: c.once(15) ? 200 : undefined,
  }
}

function optionsOf({ c }: World) {
  const before: string[] = []
  const after: string[] = []
  const files: Record<string, string> = {}
  if (c.once(3)) after.push('--rollback-strategy', c.of(['default', 'always', 'never', 'deviated']))
  if (c.once(6))
    after.push('--hypothesis-strategy', c.of(['default', 'before-method-only', 'after-method-only']))
  else if (c.once(8)) {
    after.push(
      '--hypothesis-strategy',
      c.of(['continuously', 'during-method-only']),
      '--hypothesis-frequency',
      '0.1',
    )
    if (c.once(2)) after.push('--fail-fast')
  }
  if (c.once(8)) after.push('--dry', c.of(['activities', 'actions', 'probes', 'pause']))
  if (c.once(3)) after.push('--no-validation')
  if (c.once(5))
    after.push(
      '--var',
      c.of(['a=1', 'a:int=7', 'n:float=0.1', 'b:json={"k": 1.0}', 'z=1', 'a:bool=no', 'n:x=1', 'a']),
    )
  if (c.once(6)) {
    const [name, text] = c.of([
      ['v.json', '{"configuration": {"a": {"type": "env", "key": "WORDS"}}, "secrets": {"one": {"s": "v"}}}'],
      ['v.yaml', 'configuration:\n  b: yes\n'],
      ['v.env', '# c\nFROM_FILE=1\nSET = x\n'],
      ['v.json', '{'],
      ['v.yaml', 'a: ['],
    ] as const)
    files[name] = text
    after.push('--var-file', name)
  }
  if (c.once(8)) {
    files['c.json'] = JSON.stringify({
      global: { provider: { type: 'python', module: 'ctl', arguments: { name: 'global' } } },
    })
    after.push('--control-file', 'c.json')
  }
  if (c.once(8)) {
    files['s.yaml'] = c.of([
      'runtime:\n  rollbacks:\n    strategy: always\n',
      'controls:\n  set:\n    provider:\n      type: python\n      module: ctl\n      arguments:\n        name: set\n',
      'a: [',
      '',
    ])
    before.push('--settings', 's.yaml')
  }
  return { before, after, files }
}
