/** The ordinary SDK with its ordinary instrumentations; spans leave as OTLP JSON, so that they can be kept as they came. */
import { createRequire } from 'node:module'
import { register } from 'import-in-the-middle/register-hooks.mjs'

register({ include: ['http', '@grpc/grpc-js'] })
const require = createRequire(import.meta.url)
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { UndiciInstrumentation } = require('@opentelemetry/instrumentation-undici')
const { GrpcInstrumentation } = require('@opentelemetry/instrumentation-grpc')

const sdk = new NodeSDK({
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation(), new GrpcInstrumentation()],
})
sdk.start()
process.once('SIGTERM', () => sdk.shutdown().finally(() => process.exit(0)))
