/** Starts every service of the shop, and stops them all on Ctrl-C or when one of them ends. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SERVICES } from './lib/addresses.js'

const cwd = fileURLToPath(new URL('.', import.meta.url))
const children = new Map()
const startedMs = performance.now()

for (const service of SERVICES) {
  // The database is not ours to instrument: it appears as its caller's client spans.
  const hooks = service === 'payment-db' ? [] : ['--import', './telemetry.js']
  const child = spawn(process.execPath, [...hooks, `services/${service}.js`], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.set(service, child)
  child.stdout.on('data', (text) => {
    process.stdout.write(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`)
  })
  child.once('exit', (code, signal) => {
    children.delete(service)
    if (process.exitCode !== undefined) return
    console.log(`${service} ended (${signal ?? code}), so the others are stopped`)
    process.exitCode = 1
    stop()
  })
}

process.on('SIGINT', stop)
process.on('SIGTERM', stop)

function stop() {
  process.exitCode ??= 0
  for (const child of children.values()) child.kill('SIGTERM')
}
