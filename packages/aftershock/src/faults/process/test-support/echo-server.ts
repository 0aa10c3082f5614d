import { createServer } from 'node:http'

/** A service for tests: answers its pid on PORT; `--never` does not listen, `--child` also leaves a child. */
if (process.argv.includes('--child')) {
  const { spawn } = await import('node:child_process')
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
}
console.log('echo server starts')
if (process.argv.includes('--die')) throw new Error('no database')
if (process.argv.includes('--never')) setInterval(() => undefined, 1_000)
else
  createServer((_request, response) => response.end(String(process.pid))).listen(
    Number(process.argv[2] ?? 0) || Number(process.env.PORT),
    '127.0.0.1',
  )
