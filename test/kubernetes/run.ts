import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { buildControlPlane } from './build-control-plane.ts'

/** `npm run test:kubernetes [files…]`: builds what is missing, then runs the vitest project `kubernetes`. */
const say = (text: string): void => void process.stderr.write(`${text}\n`)
const programs = buildControlPlane(say)
if (typeof programs === 'string') {
  say(`\n!!! ${programs}: the tests on a real kube-apiserver are NOT run\n`)
  process.exit(0)
}
const root = resolve(import.meta.dirname, '../..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const ended = spawnSync(
  process.execPath,
  [vitest, 'run', '--project', 'kubernetes', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, AFTERSHOCK_CONTROL_PLANE: programs.folder, AFTERSHOCK_CRDS: programs.crds },
  },
)
process.exit(ended.status ?? 1)
