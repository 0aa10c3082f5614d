#!/usr/bin/env node
import { existsSync, mkdirSync } from 'node:fs'
// Not by name: an older Node lacks it, and must still get as far as the message below.
import nodeModule from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `error: aftershock needs Node 22.18 or newer: this is ${process.versions.node}\n` +
      '  fix    in the checkout use `npx aftershock` (`-C <folder>` for a system elsewhere), which brings Node 24 of its own\n',
  )
  process.exit(4)
}
const { setFlagsFromString } = process.getBuiltinModule('node:v8')
// Until a run of activities is over, code that is optimised meanwhile costs more than it saves; a long one gets it.
// Before the cache of compiled code is chosen, and again before it is written: it belongs to one set of flags.
if (process.argv[2] === 'chaos') {
  const optimise = (word) => {
    setFlagsFromString(`--${word}opt`)
    setFlagsFromString(`--${word}maglev`)
  }
  optimise('no-')
  setTimeout(() => optimise(''), 3000).unref()
  process.on('exit', () => optimise('no-'))
}
// Traces are analysed once: what runs less often than this costs more to optimise to the full than it then saves.
if (process.argv[2] === 'analyze') setFlagsFromString('--invocation-count-for-turbofan=100000')
// Node would make the folder itself, and try for ever where the kernel lets nobody make one (TMPDIR=/proc).
const cache = join(tmpdir(), 'node-compile-cache')
try {
  mkdirSync(cache)
} catch {
  // It is there already, or cannot be: then code is compiled anew.
}
if (existsSync(cache)) nodeModule.enableCompileCache?.()
// Every query of the embedded store holds a thread of libuv's pool, which files and names need as well. Read
// when the pool is first used, so it can still be said here.
if (process.argv.includes('serve') || process.argv.includes('ui')) process.env.UV_THREADPOOL_SIZE ??= '8'
// In the repository the sources run as they are; the published package carries them compiled.
const source = new URL('../src/cli/main.ts', import.meta.url)
const { main } = await import(
  existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href
)
process.exitCode = await main(process.argv.slice(2))
