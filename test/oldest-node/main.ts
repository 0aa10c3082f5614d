// npm run test:oldest-node: the oldest Node that `engines` of the package allows runs the built-in commands. That Node
// comes from the registry's `node-<system>-<processor>`; where it cannot be had, this says so and passes.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { encodeOtlpJson } from '../../packages/aftershock/src/formats/otlp-json-encode.ts'
import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'

const home = resolve(import.meta.dirname, '../../packages/aftershock')
const oldest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).engines.node.replace(
  /[^\d.]/g,
  '',
)
const folder = mkdtempSync(join(tmpdir(), 'as-oldest-node-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const node = install(oldest.split('.').length === 2 ? `${oldest}.0` : oldest)
if (node === undefined) process.exit(0)
const checks = { help, analyze, chaosRun }
for (const [name, check] of Object.entries(checks)) {
  const wrong = check(node)
  console.log(
    `${wrong === undefined ? 'ok    ' : 'FAILED'} ${name}${wrong === undefined ? '' : `: ${wrong}`}`,
  )
  if (wrong !== undefined) process.exitCode = 1
}

/** @returns the program; undefined when there is none for this machine */
function install(version: string): string | undefined {
  const name = `node-${process.platform}-${process.arch}`
  const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`]
  const npm = spawnSync('npm', args, { encoding: 'utf8', timeout: 180_000 })
  const program = join(folder, 'node_modules', name, 'bin/node')
  const said =
    npm.status === 0 ? spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.trim() : undefined
  console.log(
    said === undefined ? `SKIPPED: ${name}@${version} cannot be installed: ${npm.stderr}` : `Node ${said}`,
  )
  return said === undefined ? undefined : program
}

function run(program: string, args: readonly string[]) {
  return spawnSync(program, [join(home, 'bin/aftershock.js'), ...args], {
    ...{ cwd: folder, encoding: 'utf8', timeout: 60_000 },
    env: { ...process.env, NO_COLOR: '1', NODE_COMPILE_CACHE: undefined },
  })
}

function help(program: string): string | undefined {
  const { status, stdout, stderr } = run(program, ['--help'])
  return status === 0 && stdout.includes('aftershock run') ? undefined : `exit ${status}: ${stdout}${stderr}`
}

function analyze(program: string): string | undefined {
  writeFileSync(join(folder, 'traces.jsonl'), requests())
  const { status, stdout, stderr } = run(program, [
    'analyze',
    'traces.jsonl',
    '--fault',
    'pay down @ 60s..120s',
  ])
  return status === 0 && stdout.includes('(40 of 40)') ? undefined : `exit ${status}: ${stdout}${stderr}`
}

function chaosRun(program: string): string | undefined {
  const provider = { type: 'process', path: program, arguments: '--version' }
  const method = [{ type: 'probe', name: 'asks', provider }]
  writeFileSync(join(folder, 'experiment.json'), JSON.stringify({ title: 't', description: 'd', method }))
  const { status, stderr } = run(program, ['chaos', 'run', 'experiment.json'])
  if (status !== 0) return `exit ${status}: ${stderr}`
  const journal = JSON.parse(readFileSync(join(folder, 'journal.json'), 'utf8'))
  return journal.status === 'completed' ? undefined : `the journal says ${journal.status}`
}

/** A hundred requests that are well, then forty that fail. */
function requests(): string {
  const spans = Array.from({ length: 140 }, (_, i): readonly SpanInput[] => {
    const startNs =
      1_767_225_600_000_000_000n + BigInt(i < 100 ? i * 500 : 62_000 + (i - 100) * 1_000) * 1_000_000n
    const id = (i + 1).toString(16)
    const failed = i >= 100
    return [
      {
        ...{ traceId: id.padStart(32, '0'), spanId: id.padStart(16, 'a'), name: 'GET /', kind: 2, status: 0 },
        ...{
          startNs,
          endNs: startNs + 20_000_000n,
          attributes: { 'http.response.status_code': failed ? 502 : 200 },
        },
      },
      {
        ...{
          traceId: id.padStart(32, '0'),
          spanId: id.padStart(16, 'b'),
          parentSpanId: id.padStart(16, 'a'),
        },
        ...{
          name: 'GET',
          kind: 3,
          status: failed ? 2 : 0,
          startNs: startNs + 1_000_000n,
          endNs: startNs + 9_000_000n,
        },
        attributes: { 'http.request.method': 'GET', 'server.address': 'pay' },
      },
    ]
  }).flat()
  return encodeOtlpJson([{ resource: { 'service.name': 'web' }, spans }])
}
