/**
 * What the load generator can do: `node bench/load.ts [seconds a step]`
 *
 * Against a server in a process of its own that answers at once: per rate, the rate kept, how late requests
 * left, latencies from the intended start, and this process's CPU for a request (spans included).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startLoad } from '../packages/aftershock/src/load/start-load.ts'

const rates = [20, 500, 2_000, 8_000, 16_000, 24_000, 32_000]
const seconds = Number(process.argv[2] ?? 4)

const server = spawn(
  process.execPath,
  [
    '--input-type=module',
    '--eval',
    `import http from 'node:http'
    const server = http.createServer((request, response) => { request.resume(); response.end('ok') })
    server.keepAliveTimeout = 60_000
    server.listen(0, '127.0.0.1', () => console.log(server.address().port))`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
const [port] = await once(server.stdout, 'data')
const url = `http://127.0.0.1:${String(port).trim()}/checkout`

console.log('  rps asked    kept   errors   not sent   p50 ms   p99 ms   late max ms   CPU µs/request')
// The first step warms the engine up and is not printed.
for (const [step, rps] of [1_000, ...rates].entries()) {
  let spans = 0
  const before = process.cpuUsage()
  const load = await startLoad({
    requests: [{ name: 'POST /checkout', method: 'POST', url, headers: {}, body: '{"items":1}', weight: 1 }],
    rps,
    timeoutMs: 2_000,
    seed: 1,
    baggage: { 'chaos.experiment.id': 'bench' },
    onSpans: (_, batch) => {
      spans += batch.length
    },
  })
  const startedMs = performance.now()
  await new Promise((done) => setTimeout(done, seconds * 1_000))
  const elapsedMs = performance.now() - startedMs
  const { 'POST /checkout': total } = await load.stop()
  const { user, system } = process.cpuUsage(before)
  if (spans !== total.requests) throw new Error(`${spans} spans for ${total.requests} requests`)
  if (step === 0) continue
  const sent = total.requests - total.notSent
  console.log(
    [
      String(rps).padStart(11),
      ((sent / elapsedMs) * 1_000).toFixed(0).padStart(8),
      String(total.errors - total.notSent).padStart(9),
      String(total.notSent).padStart(11),
      (total.p50Ms ?? Number.NaN).toFixed(2).padStart(9),
      (total.p99Ms ?? Number.NaN).toFixed(2).padStart(9),
      total.lateMaxMs.toFixed(1).padStart(14),
      ((user + system) / sent).toFixed(0).padStart(17),
    ].join(''),
  )
}
server.kill()
