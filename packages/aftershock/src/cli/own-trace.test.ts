import { afterEach, describe, expect, test } from 'vitest'
import type { Listener } from '../collector/listen.ts'
import { startOtlpHttpReceiver } from '../collector/otlp-http-receiver.ts'
import { inProcessSpanCollector, type SpanCollector } from '../collector/span-collector.ts'
import { TRACE_DEFAULTS } from '../formats/system-file.ts'
import type { TracesConfig } from '../model/system.ts'
import type { Environment } from '../telemetry/export-settings.ts'
import { startOwnTrace } from './own-trace.ts'

const closing: Listener[] = []
afterEach(async () => {
  for (const listener of closing.splice(0)) await listener.close()
})

async function elsewhere(): Promise<{ collector: SpanCollector; port: number; url: string }> {
  const collector = inProcessSpanCollector()
  const listener = await startOtlpHttpReceiver({
    address: { host: '127.0.0.1', port: 0 },
    sink: collector.receive,
  })
  closing.push(listener)
  return { collector, port: listener.address.port, url: `http://127.0.0.1:${listener.address.port}` }
}

/** One run that only begins and ends. */
async function traced(env: Environment, traces: TracesConfig = TRACE_DEFAULTS) {
  const warnings: string[] = []
  let nowNs = 0n
  const own = await startOwnTrace({
    id: 'run-1',
    name: 'slow payment',
    seed: 7,
    version: '1.2.3',
    traces,
    shape: 'experiment',
    env,
    nowNs: () => ++nowNs,
    warn: (text) => warnings.push(text),
  })
  const spans = await own.end({ attributes: { 'chaostoolkit.experiment.status': 'completed' } })
  return { spans, warnings }
}

describe('startOwnTrace()', () => {
  test('keeps the trace to us when nobody asks for it', async () => {
    const { spans, warnings } = await traced({})
    expect(spans.map((one) => [one.name, one.parentSpanId])).toEqual([['experiment', undefined]])
    expect(warnings).toEqual([])
  })

  test.each(['the environment', 'aftershock.yaml'])('sends it where %s says', async (who) => {
    const { collector, url } = await elsewhere()
    const byEnvironment = who === 'the environment'
    await traced(
      byEnvironment ? { OTEL_EXPORTER_OTLP_ENDPOINT: url } : {},
      byEnvironment ? TRACE_DEFAULTS : { ...TRACE_DEFAULTS, export: { endpoint: url } },
    )
    const table = await collector.finish()
    expect(table.resources.map((one) => one.service)).toEqual(['aftershock'])
    expect(table.length).toBe(1)
  })

  test('not to our own receiver: the spans are there already', async () => {
    const { collector, port, url } = await elsewhere()
    const ours = { ...TRACE_DEFAULTS, otlpHttp: { host: '127.0.0.1', port } }
    await traced({ OTEL_EXPORTER_OTLP_ENDPOINT: url.replace('127.0.0.1', 'localhost') }, ours)
    expect((await collector.finish()).length).toBe(0)
  })

  test('not when the sampler or OTEL_SDK_DISABLED says no', async () => {
    const { collector, url } = await elsewhere()
    await traced({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER: 'always_off' })
    await traced({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: 'true' })
    expect((await collector.finish()).length).toBe(0)
  })

  test('a TRACEPARENT makes the experiment a part of that trace, B3 when OTEL_PROPAGATORS says so', async () => {
    const [traceId, spanId] = ['a'.repeat(32), 'b'.repeat(16)]
    const w3c = await traced({ TRACEPARENT: `00-${traceId}-${spanId}-01` })
    expect(w3c.spans).toMatchObject([{ traceId, parentSpanId: spanId }])
    const b3 = await traced({ OTEL_PROPAGATORS: 'b3', B3: `${traceId}-${spanId}-1` })
    expect(b3.spans).toMatchObject([{ traceId, parentSpanId: spanId }])
  })

  test('what cannot be used is a warning, and the run goes on', async () => {
    const { warnings } = await traced({
      OTEL_PROPAGATORS: 'smoke',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_CERTIFICATE: 'no-such-file.pem',
    })
    expect(warnings).toEqual([
      expect.stringContaining('OTEL_PROPAGATORS'),
      expect.stringContaining('no-such-file.pem'),
    ])
  })
})
