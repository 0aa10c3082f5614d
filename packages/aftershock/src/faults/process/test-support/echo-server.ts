import { createServer, get, type RequestListener } from 'node:http'

/**
 * A service for tests: answers its pid on PORT. `--ask <port>` asks there first, on a connection each;
 * `--never` does not listen, `--die` ends at once, `--child` also leaves a child.
 */
const askPort = process.argv.includes('--ask')
  ? Number(process.argv[process.argv.indexOf('--ask') + 1])
  : undefined
const answer: RequestListener = (_request, response) => {
  if (askPort === undefined) return void response.end(String(process.pid))
  get({ host: '127.0.0.1', port: askPort, agent: false }, (asked) => {
    response.statusCode = asked.statusCode ?? 500
    asked.pipe(response)
  }).on('error', (error) => {
    response.statusCode = 502
    response.end(error.message)
  })
}
if (process.argv.includes('--child')) {
  const { spawn } = await import('node:child_process')
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
}
console.log('echo server starts')
if (process.argv.includes('--die')) throw new Error('no database')
if (process.argv.includes('--never')) setInterval(() => undefined, 1_000)
else createServer(answer).listen(Number(process.env.PORT), '127.0.0.1')
