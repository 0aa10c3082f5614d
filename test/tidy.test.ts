import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/** The layer table: docs/architecture.md prints the same. Folder → what it may import of ours. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  formats: ['model'],
  analysis: ['model'],
  crew: ['model', 'analysis'],
  report: ['model'],
  telemetry: ['model', 'formats', 'engine/chaos-toolkit/ports.ts'],
  load: ['model', 'formats'],
  faults: ['model', 'formats'],
  store: ['model', 'formats'],
  sources: ['model', 'formats'],
  collector: ['model', 'formats'],
  kubernetes: [
    'model',
    'formats',
    'engine/clock.ts',
    'faults/injector.ts',
    'faults/local/http-words.ts',
    'faults/local/names.ts',
    'faults/local/stages-of.ts',
  ],
  engine: ['model', 'formats', 'faults/injector.ts'],
  server: ['model', 'formats', 'analysis', 'report', 'store/span-store.ts', 'engine/list-runs.ts'],
  cli: ['*'],
}

/** Rooms of `analysis`, on the way of the data: each imports only those before it; the steps beside them import all. */
const ANALYSIS_ROOMS = ['numbers', 'assemble', 'calls', 'judge', 'findings', 'tell']

/** These run in a browser and in a test without setup. */
const PURE = new Set(['model', 'formats', 'analysis', 'report'])

/** Third party → the one folder that may import it. */
const THIRD_PARTIES: Readonly<Record<string, string>> = {
  yaml: 'formats',
  '@dagrejs/dagre': 'analysis',
  '@grpc/grpc-js': 'collector',
  undici: 'load',
  'hdr-histogram-js': 'load',
  chdb: 'store',
  '@clickhouse/client': 'store',
  fastify: 'server',
  '@kubernetes/client-node': 'kubernetes',
  commander: 'cli',
  // Loaded by `require`, one for each processor: engine/chaos-toolkit/c-library.ts.
  '@koromix/koffi-linux-arm64': 'engine',
  '@koromix/koffi-linux-x64': 'engine',
  // Our own package, seen from outside: the types that activities and controls in Node are written with.
  aftershock: 'engine',
}

const root = resolve(import.meta.dirname, '..')
const sourceRoot = join(root, 'packages/aftershock/src')
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '')
const sources = files.filter((file) => /^packages\/aftershock\/src\/.*\.ts$/.test(file) && !isTest(file))

function isTest(file: string): boolean {
  return /\.(test|contract|fixture)\.ts$|\/test-support\//.test(file)
}

type Import = { readonly file: string; readonly folder: string; readonly name: string }

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  const folder = relative(sourceRoot, join(root, file)).split('/')[0] ?? ''
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g,
  )
  return [...found].map((match) => ({ file, folder, name: match[1] ?? match[2] ?? match[3] ?? '' }))
}

const imports = sources.flatMap(importsOf)

function isAllowed(one: Import): boolean {
  const target = relative(sourceRoot, resolve(dirname(join(root, one.file)), one.name))
  const folder = target.split('/')[0] ?? ''
  const allowed = LAYERS[one.folder] ?? []
  return (
    folder === one.folder || allowed.includes('*') || allowed.includes(folder) || allowed.includes(target)
  )
}

describe('the layer table', () => {
  test('each folder imports only what the table allows', () => {
    const ours = imports.filter((one) => one.name.startsWith('.'))
    expect(ours.filter((one) => !isAllowed(one)).map((one) => `${one.file} imports ${one.name}`)).toEqual([])
    expect(ours.length).toBeGreaterThan(100)
  })

  test('every folder is in the table', () => {
    expect(
      [...new Set(imports.map((one) => one.folder))].filter((folder) => LAYERS[folder] === undefined),
    ).toEqual([])
  })

  test('model, formats, analysis and report import no node: module', () => {
    const impure = imports.filter((one) => PURE.has(one.folder) && one.name.startsWith('node:'))
    expect(impure.map((one) => `${one.file} imports ${one.name}`)).toEqual([])
  })

  test('a third-party package is imported by its one folder only', () => {
    const strange = imports
      .filter((one) => !one.name.startsWith('.') && !one.name.startsWith('node:'))
      .filter((one) => THIRD_PARTIES[packageOf(one.name)] !== one.folder)
    expect(strange.map((one) => `${one.file} imports ${one.name}`)).toEqual([])
  })

  test('a room of the analysis imports only rooms before it', () => {
    const roomOf = (path: string): number =>
      ANALYSIS_ROOMS.indexOf(path.split('analysis/')[1]?.split('/')[0] ?? '')
    const inward = imports.filter((one) => one.folder === 'analysis' && roomOf(one.file) !== -1)
    const wrong = inward
      .filter((one) => /^\.\.?\//.test(one.name) && !one.name.includes('/model/'))
      .filter((one) => {
        const to = roomOf(resolve(dirname(join(root, one.file)), one.name))
        return to === -1 || to > roomOf(one.file)
      })
    expect(wrong.map((one) => `${one.file} imports ${one.name}`)).toEqual([])
    expect(new Set(inward.map((one) => roomOf(one.file))).size).toBe(ANALYSIS_ROOMS.length)
  })

  test('no files import each other in a circle, not even types', () => {
    const arrows = imports
      .filter((one) => one.name.startsWith('.'))
      .map((one) => [one.file, relative(root, resolve(dirname(join(root, one.file)), one.name))] as const)
    expect(inCircles(arrows)).toEqual([])
    expect(
      inCircles([
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'b'],
        ['c', 'd'],
      ]),
    ).toEqual(['b', 'c'])
  })

  test('docs/architecture.md prints the same table', () => {
    const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8').replaceAll(/ +\|/g, ' |')
    const missing = Object.entries(LAYERS).filter(
      ([folder, allowed]) => !page.includes(rowOf(folder, allowed)),
    )
    expect(missing.map(([folder, allowed]) => rowOf(folder, allowed))).toEqual([])
  })
})

/** Who is left once those that import nobody, or that nobody imports, are taken away again and again. */
function inCircles(arrows: readonly (readonly [string, string])[]): readonly string[] {
  const importing = new Set(arrows.map(([from]) => from))
  const imported = new Set(arrows.map(([, to]) => to))
  const left = arrows.filter(([from, to]) => imported.has(from) && importing.has(to))
  if (left.length < arrows.length) return inCircles(left)
  return [...new Set(left.map(([from]) => from))].sort()
}

function rowOf(folder: string, allowed: readonly string[]): string {
  const text =
    allowed.length === 0
      ? 'nothing'
      : allowed[0] === '*'
        ? 'everything'
        : allowed.map((one) => `\`${one}\``).join(', ')
  return `| \`${folder}\` | ${text} |`
}

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}

describe('files', () => {
  test('a file has one idea: at most 300 lines', () => {
    const long = sources.map((file) => ({
      file,
      lines: readFileSync(join(root, file), 'utf8').split('\n').length,
    }))
    // result.ts is the whole contract of result.json on one page.
    const allowed = new Set(['packages/aftershock/src/model/result.ts'])
    expect(long.filter((one) => one.lines > 300 && !allowed.has(one.file))).toEqual([])
  })

  test('the lockfile names no download address', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/)
  })

  test('nothing promises what is not there', () => {
    const words = ['TO' + 'DO', 'FIX' + 'ME', 'not yet ' + 'implemented', 'coming ' + 'soon']
    const found = files
      .filter((file) => /\.(ts|tsx|js|mjs|md)$/.test(file) && file !== 'package-lock.json')
      .filter((file) => words.some((word) => readFileSync(join(root, file), 'utf8').includes(word)))
    expect(found).toEqual([])
  })
})
