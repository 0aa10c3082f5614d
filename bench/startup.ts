/**
 * How long a person waits for `aftershock --version`, `help`, `validate` and `run --dry-run`: whole processes,
 * from start to end. Budget: 300 ms for the first three.
 *
 *   node bench/startup.ts
 */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const BIN = join(ROOT, 'packages/aftershock/bin/aftershock.js')
const SHOP = join(ROOT, 'examples/shop')
const ROUNDS = 15

const CASES: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['node -e 0', []],
  ['aftershock --version', ['--version']],
  ['aftershock help', ['help']],
  ['aftershock validate', ['validate', 'aftershock.yaml', 'chaos/payment-latency.yaml']],
  ['aftershock run --dry-run', ['run', '--dry-run', 'chaos/payment-latency.yaml']],
]

console.log(
  `${'ms, whole process'.padEnd(28)} ${'p50'.padStart(6)} ${'p95'.padStart(6)} ${'most'.padStart(6)}`,
)
for (const [name, args] of CASES) {
  const command = args.length === 0 ? ['-e', '0'] : [BIN, ...args]
  // The first start fills the compile cache.
  timeOf(command)
  const times = Array.from({ length: ROUNDS }, () => timeOf(command)).sort((a, b) => a - b)
  const at = (share: number): string => (times[Math.floor(share * (ROUNDS - 1))] ?? 0).toFixed(0).padStart(6)
  console.log(`${name.padEnd(28)} ${at(0.5)} ${at(0.95)} ${at(1)}`)
}

function timeOf(command: readonly string[]): number {
  const startedMs = performance.now()
  const end = spawnSync(process.execPath, command, { cwd: SHOP, encoding: 'utf8' })
  if (end.status !== 0) throw new Error(`${command.join(' ')}: ${end.stderr}`)
  return performance.now() - startedMs
}
