// Compiles packages/aftershock and packages/node for publishing: dist/ beside the sources, the built pages, the demo shop.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const target = join(root, 'packages/aftershock')
rmSync(join(target, 'dist'), { recursive: true, force: true })
const tsc = join(root, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '-p', join(target, 'tsconfig.build.json')], { stdio: 'inherit' })
const node = join(root, 'packages/node')
rmSync(join(node, 'dist'), { recursive: true, force: true })
execFileSync(process.execPath, [tsc, '-p', join(node, 'tsconfig.build.json')], { stdio: 'inherit' })
mkdirSync(join(target, 'shop'), { recursive: true })
for (const name of [
  'aftershock.yaml',
  'telemetry.js',
  'package.json',
  'README.md',
  'chaos',
  'lib',
  'services',
])
  cpSync(join(root, 'examples/shop', name), join(target, 'shop', name), { recursive: true })
cpSync(join(root, 'packages/python/aftershock_worker'), join(target, 'python/aftershock_worker'), {
  recursive: true,
  filter: (path) => !path.includes('__pycache__'),
})
