/**
 * OpenTelemetry for one service: `node --import ./telemetry.js services/order.js`.
 *
 * The SDK and its instrumentations are the ordinary ones; everything is set by the standard OTEL_* variables.
 * The name of the service is OTEL_SERVICE_NAME, else the name of the file that is started.
 */
import module from 'node:module'
import { basename } from 'node:path'
import { register, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs'

// Eight processes load the same SDK at once: the compile cache saves each of them half of that time.
module.enableCompileCache?.()

const defaults = {
  OTEL_SERVICE_NAME: basename(process.argv[1] ?? 'shop', '.js'),
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_BSP_SCHEDULE_DELAY: '500',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,process,serviceinstance',
}
for (const [name, value] of Object.entries(defaults)) process.env[name] ??= value

// Services are ES modules; without this hook the instrumentations see only what is loaded by require().
if (supportsSyncHooks()) register({ include: ['http', '@grpc/grpc-js', 'pg', 'pg-pool'] })
else module.register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

// require(), because a static import would be loaded before the compile cache is on.
const require = module.createRequire(import.meta.url)
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
const { GrpcInstrumentation } = require('@opentelemetry/instrumentation-grpc')
const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg')

const sdk = new NodeSDK({
  instrumentations: [
    new HttpInstrumentation(),
    new UndiciInstrumentation(),
    new GrpcInstrumentation(),
    new PgInstrumentation({ requireParentSpan: true }),
  ],
})
sdk.start()

const stop = async () => {
  // What is still queued is sent, but a collector that is away must not hold the process.
  await Promise.race([sdk.shutdown().catch(() => undefined), new Promise((done) => setTimeout(done, 1000))])
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
