// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../../packages/aftershock/src/model/random.ts'
import type { Case } from '../cases.ts'
import { type Choose, choose } from './choose.ts'
import { optionsOf } from './options.ts'
import { providerOf } from './providers.ts'
import { jsonText } from './texts.ts'
import { toleranceText } from './tolerance-texts.ts'
import { type Json, raw, type World } from './world.ts'

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
  const vault: Json = c.once(3) ? vaultOf({ c, url }) : {}
  return { a: value(), b: value(), n: c.of<Json>([1, 0.1, 'text', true]), url, ...(vault as object) }
}

function vaultOf({ c, url }: World): Json {
  return {
    vault_addr: c.once(12) ? 'http://127.0.0.1:9' : c.once(6) ? `${url}/` : url,
    vault_token: c.once(6) ? undefined : 'token',
    vault_kv_version: c.once(3) ? c.of<Json>(['1', 1, '2', 2, 3]) : undefined,
    vault_secrets_mount_point: c.once(4) ? 'kv' : undefined,
  }
}

function secretsOf({ c }: World): Json {
  const value = (): Json =>
    c.of([
      () => 'hidden',
      () => ({ type: 'env', key: c.of(['SET', 'WORDS']) }),
      () => ({ deep: { type: 'env', key: 'NUMBER' } }),
      () => raw(jsonText(c, 1)),
      () => (c.once(2) ? vaultSecretOf(c) : 'plain'),
    ])()
  if (c.once(12)) return { one: { s: value() }, two: { type: 'vault', path: c.of(['app', 'nowhere']) } }
  return { one: { s: value(), a: value() }, two: { t: value(), s: value() } }
}

function vaultSecretOf(c: Choose): Json {
  const path = c.of([
    'app',
    'app',
    'app',
    'deep/app',
    '/app',
    'moved',
    'none',
    'null',
    'closed',
    'sealed',
    'text',
    'nowhere',
  ])
  return {
    type: 'vault',
    path: c.once(12) ? undefined : path,
    key: c.once(2) ? c.of(['k', 'k', 'n', 'nothing']) : undefined,
  }
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
    probes: c.list(3, () =>
      c.once(12)
        ? { ref: c.of(['a0', 'a1', 'a2']), tolerance: c.once(4) ? undefined : toleranceOf(world) }
        : { ...activityOf(world, 'hypothesis'), tolerance: toleranceOf(world) },
    ),
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
    { type: 'regex', pattern: c.of(['^${a}$', '${n}', '\\$\\{a\\}', '$b']), target: 'stdout' },
    { type: 'jsonpath', path: c.of(['$.${n}', '${a}', '$["${b}"]']), target: 'body' },
    { type: 'jsonpath', path: '$.ok', expect: c.of(['${a}', ['${n}'], [true]]), target: 'body' },
    {
      type: 'range',
      range: c.of<Json>([
        ['${n}', 5],
        [0, '${n}'],
      ]),
    },
    ['${a}', 200],
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
