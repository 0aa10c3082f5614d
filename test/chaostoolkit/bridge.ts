import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pythonHost } from '../../packages/aftershock/src/engine/python/python-host.ts'
import type { ReportedSpan } from '../../packages/aftershock/src/engine/python/worker-channel.ts'
import { dict, type PyValue } from '../../packages/aftershock/src/formats/chaos-toolkit/values.ts'
import { temporaryFolder } from './temporary-folder.ts'

const MODULE = `
def otel():
    from opentelemetry import baggage, trace
    context = trace.get_current_span().get_span_context()
    return [format(context.trace_id, "032x"), format(context.span_id, "016x"), context.is_remote, baggage.get_baggage("run")]
def legacy():
    import opentracing
    tracer, headers = opentracing.global_tracer(), {}
    with tracer.start_span("call", child_of=tracer.scope_manager.active.span, tags={"k": 1}) as span:
        tracer.inject(span, opentracing.Format.HTTP_HEADERS, headers)
    tracer.inject(tracer.activity_span, opentracing.Format.HTTP_HEADERS, other := {})
    return [headers, other]
def library():
    import chaoslib
    return chaoslib.__file__
`
const [TRACE, SPAN] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']

/** The worker beside the packages that people have: the trace is current in OpenTelemetry and in OpenTracing. */
export async function bridgeProblems(python: string): Promise<readonly string[]> {
  const folder = temporaryFolder('aftershock-bridge-')
  writeFileSync(join(folder, 'traced.py'), MODULE)
  const spans: ReportedSpan[] = []
  const host = pythonHost({
    interpreter: python,
    env: () => ({ ...process.env, PYTHONPATH: folder }),
    requestExit: () => undefined,
    log: () => undefined,
    warn: () => undefined,
    onSpan: (span) => spans.push(span),
  })
  const call = async (func: string, lane: 'foreground' | 'background'): Promise<PyValue | string> => {
    const outcome = await host.activities.run({
      activity: dict({ name: func, provider: dict({ type: 'python', module: 'traced', func }) }),
      arguments: undefined,
      configuration: dict({}),
      secrets: dict({}),
      lane,
      isInHypothesis: false,
      signal: new AbortController().signal,
      carrier: { headers: { traceparent: `00-${TRACE}-${SPAN}-01`, baggage: 'run=7' }, env: {} },
    })
    return outcome.kind === 'returned' ? outcome.value : JSON.stringify(outcome)
  }
  const problems: string[] = []
  const expectEqual = (what: string, got: unknown, want: unknown): void => {
    const [a, b] = [got, want].map((value) =>
      JSON.stringify(value, (_, item) => (item instanceof Map ? Object.fromEntries(item) : item)),
    )
    if (a !== b) problems.push(`${what}: want ${b}, got ${a}`)
  }
  try {
    for (const lane of ['foreground', 'background'] as const)
      expectEqual(`OpenTelemetry's current span, ${lane}`, await call('otel', lane), [TRACE, SPAN, true, '7'])
    const legacy = (await call('legacy', 'background')) as readonly Map<string, string>[]
    expectEqual('activity_span', legacy[1]?.get('traceparent'), `00-${TRACE}-${SPAN}-01`)
    expectEqual(
      'the header of a span of the extension',
      legacy[0]?.get('traceparent'),
      `00-${TRACE}-${spans[0]?.spanId}-01`,
    )
    expectEqual(
      'its parent',
      [spans[0]?.name, spans[0]?.parentSpanId, spans[0]?.attributes],
      ['call', SPAN, { k: '1' }],
    )
    const file = String(await call('library', 'foreground'))
    if (!file.includes('site-packages')) problems.push(`the installed chaoslib comes first: it is ${file}`)
  } finally {
    await host.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return problems
}
