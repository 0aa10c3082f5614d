/**
 * Records anew what real libraries say in their spans: `npm run record:dialects [library…]`.
 *
 * Installs package.json, requirements.txt, java/pom.xml (Maven, a JDK of 17 or more) and go/go.mod into a folder of
 * its own (`AFTERSHOCK_DIALECTS_DIR`, default: a temporary one), runs payment and, one after another, an order service
 * for each library, sends each case healthy requests and then hurt ones, and keeps the exported OTLP:
 * recorded/<library>.jsonl.gz, a line a case
 * `{case, windows: {baseline, chaos: [from, to] in ns}, requests: [ExportTraceServiceRequest…]}`.
 */
import { execFileSync, fork, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gunzipSync, gzipSync } from 'node:zlib'
import { JsonSink } from '../../packages/aftershock/src/formats/json-sink.ts'
import { ProtobufToJson } from '../../packages/aftershock/src/formats/otlp-protobuf-to-json.ts'

const NODE_LIBRARIES = ['http', 'fetch', 'undici', 'axios', 'got', 'grpc']
/** RestTemplate with resilience4j: told by Micrometer's tracing of Spring Boot, and by OpenTelemetry's Java agent. */
const JAVA_TRACINGS = ['micrometer', 'java-agent']
/** net/http with retryablehttp, and grpc-go with its retry policy; gobreaker around both. */
const GO_LIBRARIES = ['go-http', 'go-grpc']
const PYTHON_LIBRARIES = ['requests', 'urllib3', 'httpx', 'aiohttp', 'tenacity']
/** Case → how payment behaves while it is hurt. */
const MODES = {
  timeout: 'slow',
  'retry-reset': 'reset-first',
  'retry-503': 'unavailable-first',
  'retry-timeout': 'slow-first',
  breaker: 'slow',
  fallback: 'reset',
  shed: 'full',
  hedge: 'slow-first',
}
const HEALTHY = 20
const HURT = 12
/** A breaker's first requests are those that open it. */
const HURT_BY_BREAKER = 18
const SLOW_MS = 400
const SLOW_FOR_UNDICI_MS = 3000
const WARM_UP = 200
/** Beside each other; a breaker's burst must come one by one. */
const AT_ONCE = 5

const here = import.meta.dirname
const home = process.env.AFTERSHOCK_DIALECTS_DIR ?? mkdtempSync(join(tmpdir(), 'dialects-'))
const wanted = process.argv.slice(2)
const libraries = [...NODE_LIBRARIES, ...PYTHON_LIBRARIES, ...JAVA_TRACINGS, ...GO_LIBRARIES].filter(
  (name) => wanted.length === 0 || wanted.includes(name),
)
const python = join(home, 'venv/bin/python')
const jar = join(home, 'java/target/order.jar')
const go = join(home, 'go/order')

let orders = 0
install()
const collected = []
const receiver = await startReceiver()
const exporting = {
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${receiver.address().port}/v1/traces`,
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env',
  OTEL_EXPERIMENTAL_RESOURCE_DETECTORS: 'otel',
}
const payment = fork(join(home, 'payment.js'), {
  execArgv: ['--import', './telemetry.js'],
  cwd: home,
  env: { ...process.env, ...exporting, ...named('payment') },
})
// Also when something fails: nobody else would end it.
process.once('exit', () => payment.kill())
const ports = await new Promise((done) => payment.once('message', done))
for (const library of libraries) await record(library)
payment.kill('SIGTERM')
receiver.close()

function install() {
  for (const name of [
    'callers',
    'java',
    'go',
    'payment.js',
    'order.js',
    'telemetry.js',
    'grpc-api.js',
    'payments.proto',
    'package.json',
  ])
    cpSync(join(here, name), join(home, name), { recursive: true })
  if (!existsSync(join(home, 'node_modules')))
    execFileSync('npm', ['install', '--no-audit'], { cwd: home, stdio: 'inherit' })
  if (!existsSync(jar) && libraries.some((name) => JAVA_TRACINGS.includes(name)))
    execFileSync('mvn', ['-q', '-B', 'package'], { cwd: join(home, 'java'), stdio: 'inherit' })
  if (libraries.some((name) => GO_LIBRARIES.includes(name)))
    execFileSync('go', ['build', '-o', go, '.'], { cwd: join(home, 'go'), stdio: 'inherit' })
  if (existsSync(python) || !libraries.some((name) => PYTHON_LIBRARIES.includes(name))) return
  execFileSync('python3', ['-m', 'venv', join(home, 'venv')])
  execFileSync(python, ['-m', 'pip', '-q', 'install', '-r', join(here, 'requirements.txt')], {
    stdio: 'inherit',
  })
}

function named(service) {
  return { OTEL_SERVICE_NAME: service, OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${service}-0` }
}

/** JSON of the Node SDK is kept as it comes; Python sends protobuf, which our own converter turns into the same. */
async function startReceiver() {
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const isJson = request.headers['content-type'] === 'application/json'
      collected.push(JSON.parse(isJson ? body.toString() : jsonOf(body, request.headers['content-encoding'])))
      response
        .writeHead(200, { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' })
        .end()
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return server
}

function jsonOf(body, encoding) {
  const sink = new JsonSink()
  new ProtobufToJson(sink).write(encoding === 'gzip' ? gunzipSync(body) : body)
  return new TextDecoder().decode(sink.written())
}

async function record(library) {
  const env = {
    ...process.env,
    ...exporting,
    ...named('order'),
    PAYMENT_HTTP_PORT: String(ports.httpPort),
    PAYMENT_GRPC_PORT: String(ports.grpcPort),
  }
  const [command, args] = orderBy(library)
  const order = spawn(command, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const { value } = await createInterface({ input: order.stdout })[Symbol.asyncIterator]().next()
  const { port, cases } = JSON.parse(value)
  // Java compiles as it runs: its first calls take longer than the limit.
  await behave('good', SLOW_MS)
  if (JAVA_TRACINGS.includes(library)) await send(port, 'shed', WARM_UP, AT_ONCE)
  const lines = []
  for (const name of cases) lines.push(JSON.stringify(await recordCase(port, library, name)))
  order.kill('SIGTERM')
  mkdirSync(join(here, 'recorded'), { recursive: true })
  writeFileSync(
    join(here, 'recorded', `${library}.jsonl.gz`),
    gzipSync(`${lines.join('\n')}\n`, { level: 9 }),
  )
  console.log(`${library}: ${lines.length} cases`)
}

/** The command of the order service that calls by this library. */
function orderBy(library) {
  if (NODE_LIBRARIES.includes(library))
    return [process.execPath, ['--import', './telemetry.js', 'order.js', library]]
  if (PYTHON_LIBRARIES.includes(library)) return [python, ['callers/order.py', library]]
  if (GO_LIBRARIES.includes(library)) return [go, [library]]
  const spring = ['-jar', jar, '--server.port=0', '--spring.main.banner-mode=off', '--logging.level.root=off']
  if (library === 'java-agent')
    return [
      'java',
      'go',
      [`-javaagent:${join(home, 'java/target/agent.jar')}`, ...spring, '--management.tracing.enabled=false'],
    ]
  const tracing = {
    'spring.application.name': 'order',
    'management.opentelemetry.resource-attributes.service.instance.id': 'order-0',
    'management.otlp.tracing.endpoint': exporting.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    'management.tracing.sampling.probability': 1,
  }
  return ['java', [...spring, ...Object.entries(tracing).map(([name, value]) => `--${name}=${value}`)]]
}

async function recordCase(port, library, name) {
  collected.length = 0
  const slowMs = library === 'undici' ? SLOW_FOR_UNDICI_MS : SLOW_MS
  await behave('good', slowMs)
  const baseline = await spanOf(() => send(port, name, HEALTHY, AT_ONCE))
  await behave(MODES[name], slowMs)
  const isBreaker = name === 'breaker'
  const chaos = await spanOf(() =>
    send(port, name, isBreaker ? HURT_BY_BREAKER : HURT, isBreaker ? 1 : AT_ONCE),
  )
  await new Promise((done) => setTimeout(done, slowMs + 1000))
  return { case: name, windows: { baseline, chaos }, requests: collected.map(withoutPaths) }
}

function behave(mode, slowMs) {
  return new Promise((done) => {
    payment.once('message', done)
    payment.send({ mode, slowMs })
  })
}

/** [from, to] of what happens, ns since the Unix epoch as text, with a little room. */
async function spanOf(act) {
  const from = Date.now() - 5
  await act()
  await new Promise((done) => setTimeout(done, 20))
  return [`${from}000000`, `${Date.now() - 10}000000`]
}

async function send(port, name, times, atOnce) {
  for (let sent = 0; sent < times; sent += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, times - sent) }, () =>
      fetch(`http://127.0.0.1:${port}/checkout/${name}`, {
        method: 'POST',
        headers: { 'x-order-id': `o-${++orders}` },
      }).then((response) => response.arrayBuffer()),
    )
    await Promise.all(batch)
  }
}

/** Stack traces name folders of this machine, and say nothing that the analysis reads. */
function withoutPaths(request) {
  for (const { resource, scopeSpans } of request.resourceSpans) {
    resource.attributes = resource.attributes.filter(
      ({ key }) => key.startsWith('service.') || key.startsWith('telemetry.sdk.'),
    )
    for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
      for (const event of span.events ?? [])
        event.attributes = (event.attributes ?? []).filter(({ key }) => key !== 'exception.stacktrace')
    }
  }
  return request
}
