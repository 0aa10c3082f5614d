import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chaosMiddleware } from './chaos-middleware.ts'
import { chaosSpanProcessor } from './chaos-span-processor.ts'
import { experimentsIn, podExperiments } from './pod-experiments.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aftershock-node-'))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
})
afterAll(() => {
  context.disable()
  rmSync(folder, { recursive: true })
})

function annotations(text: string): string {
  const file = join(folder, `annotations-${Math.random()}`)
  writeFileSync(file, text)
  return file
}

/** The real SDK, exporting to memory. */
function tracing(file: string) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({
    spanProcessors: [chaosSpanProcessor({ annotationsFile: file }), new SimpleSpanProcessor(exporter)],
  })
  return { tracer: provider.getTracer('test'), spans: () => exporter.getFinishedSpans() }
}

describe('chaosSpanProcessor()', () => {
  test('marks spans of a pod that an experiment acts on', () => {
    const { tracer, spans } = tracing(annotations('a="b"\nchaos-mesh.org/experiment="shop/slow,shop/more"\n'))
    tracer.startSpan('work').end()
    expect(spans()[0]?.attributes).toEqual({
      'chaos.experiment.active': true,
      'chaos.experiment.name': 'shop/slow,shop/more',
      'chaos.fault.target': true,
      'chaos.window.certainty': 'possible',
      'request.duration_ms': expect.any(Number),
    })
  })

  test('marks spans of a request whose baggage names an experiment, as no target', () => {
    const { tracer, spans } = tracing(join(folder, 'absent'))
    const baggage = propagation.createBaggage({
      'chaos.experiment.id': { value: 'r-1' },
      'chaos.experiment.name': { value: 'slow' },
    })
    tracer.startSpan('work', {}, propagation.setBaggage(context.active(), baggage)).end()
    expect(spans()[0]?.attributes).toMatchObject({
      'chaos.experiment.id': 'r-1',
      'chaos.experiment.name': 'slow',
      'chaos.fault.target': false,
    })
  })

  test('leaves all other spans alone', () => {
    const { tracer, spans } = tracing(annotations('kubernetes.io/config.seen="x"\n'))
    tracer.startSpan('work').end()
    expect(spans()[0]?.attributes).toEqual({})
  })
})

test('chaosMiddleware() marks the active span, and always goes on', () => {
  const { tracer, spans } = tracing(join(folder, 'absent'))
  const middleware = chaosMiddleware({
    annotationsFile: annotations('chaos-mesh.org/experiment="shop/slow"'),
  })
  let calls = 0
  const next = (): void => {
    calls += 1
  }
  middleware({}, {}, next)
  const span = tracer.startSpan('request')
  context.with(trace.setSpan(context.active(), span), () => middleware({}, {}, next))
  span.end()
  expect(calls).toBe(2)
  expect(spans()[0]?.attributes).toMatchObject({ 'chaos.experiment.name': 'shop/slow' })
})

describe('the annotation', () => {
  test.each([
    ['chaos-mesh.org/experiment="shop/slow"', ['shop/slow']],
    ['x="1"\nchaos-mesh.org/experiment="a/b, c/d"\ny="2"', ['a/b', 'c/d']],
    ['chaos-mesh.org/experiment=""', []],
    ['chaos-mesh.org/experiment-other="a/b"', []],
    ['', []],
  ])('%j', (text, names) => {
    expect(experimentsIn(text)).toEqual(names)
  })

  test('is read again after a while, and not for every span', () => {
    const file = annotations('')
    let now = 0
    const pod = podExperiments(file, () => now)
    expect(pod.names()).toEqual([])
    writeFileSync(file, 'chaos-mesh.org/experiment="a/b"')
    expect(pod.names()).toEqual([])
    now = 6_000
    expect(pod.names()).toEqual(['a/b'])
  })
})
