import { afterEach, describe, expect, test } from 'vitest'
import type { Listener } from '../../collector/listen.ts'
import { startOtlpHttpReceiver } from '../../collector/otlp-http-receiver.ts'
import { inProcessSpanCollector } from '../../collector/span-collector.ts'
import { encodeOtlpJson } from '../../formats/otlp-json-encode.ts'
import {
  activity,
  drawn,
  endExperiment,
  failed,
  py,
  returned,
  scripted,
} from './test-support/scripted-run.ts'

const closing: Listener[] = []
afterEach(async () => {
  for (const listener of closing.splice(0)) await listener.close()
})

const probe = { type: 'probe', name: 'is it up', provider: { type: 'process', path: 'true' } }
const action = { type: 'action', name: 'break it', provider: { type: 'process', path: 'sh' } }

describe('the tree of spans', () => {
  test('is the extension’s, whatever runs at the same time', () => {
    const { observer, root, spans } = scripted()
    const hypothesis = { kind: 'hypothesis', hypothesis: py({ title: 'steady' }) as never } as const
    const before = observer.start({ ...hypothesis, phase: 'before' }, root)
    activity(observer, before, probe, { section: 'hypothesis' }).end(returned(1))
    before.end({ kind: 'hypothesis', isMet: true })
    const during = observer.start({ ...hypothesis, phase: 'during' }, root)
    const method = observer.start({ kind: 'method' }, root)
    const background = activity(
      observer,
      method,
      { ...action, name: 'in background' },
      { isBackground: true },
    )
    const iteration = observer.start({ ...hypothesis, phase: 'during', iteration: 1 }, during)
    const foreground = activity(observer, method, action)
    activity(observer, iteration, { ...probe, name: 'again' }, { section: 'hypothesis' }).end(returned(1))
    iteration.end({ kind: 'hypothesis', isMet: true })
    foreground.end(returned(0))
    background.end(returned(0))
    method.end({ kind: 'method', error: undefined })
    during.end({ kind: 'hypothesis', isMet: true })
    const rollbacks = observer.start({ kind: 'rollbacks', strategy: 'default' }, root)
    activity(observer, rollbacks, { ...action, name: 'mend it' }, { section: 'rollbacks' }).end(returned(0))
    rollbacks.end({ kind: 'rollbacks', error: undefined })
    endExperiment(root)
    expect(drawn(spans)).toEqual([
      'activity: is it up < hypothesis',
      'hypothesis < experiment',
      'activity: again < hypothesis',
      'hypothesis < hypothesis',
      'activity: break it < method',
      'activity: in background < method',
      'method < experiment',
      'hypothesis < experiment',
      'activity: mend it < rollbacks',
      'rollbacks < experiment',
      'experiment < nobody',
    ])
    const phases = spans.filter((one) => one.name === 'hypothesis').map((one) => one.attributes)
    expect(phases).toMatchObject([
      { 'chaostoolkit.hypothesis.phase': 'before', 'chaostoolkit.hypothesis.met': true },
      { 'chaostoolkit.hypothesis.phase': 'continuous', 'chaostoolkit.hypothesis.iteration': 1 },
      { 'chaostoolkit.hypothesis.phase': 'continuous', 'chaostoolkit.hypothesis.met': true },
    ])
  })

  test('is whole when a run ends without ending its steps', async () => {
    const { observer, root, spans, tracer } = scripted()
    const method = observer.start({ kind: 'method' }, root)
    activity(observer, method, action)
    await tracer.finish()
    expect(drawn(spans)).toEqual([
      'activity: break it < method',
      'method < experiment',
      'experiment < nobody',
    ])
  })
})

describe('attributes', () => {
  test('of the experiment, as the extension names them', () => {
    const { root, spans } = scripted({
      experiment: { tags: ['a', 'b'], contributions: { reliability: 'high' } },
    })
    endExperiment(root, { platform: 'Linux-6.1' })
    expect(spans[0]?.attributes).toMatchObject({
      'chaostoolkit.experiment.title': 'slow payment',
      'chaostoolkit.experiment.status': 'completed',
      'chaostoolkit.experiment.deviated': false,
      'chaostoolkit.platform.full': 'Linux-6.1',
      'chaostoolkit.experiment.tags': ['a', 'b'],
      'chaostoolkit.experiment.contribution.reliability': 'high',
    })
  })

  test('of an http activity: a client’s, with the status that was answered and no secret of the address', () => {
    const { observer, root, spans } = scripted()
    const url = 'https://me:pw@shop.example:8443/cart?token=abc'
    activity(observer, root, { name: 'ask', type: 'probe', provider: { type: 'http', url } }).end(
      returned({ status: 503, body: 'no' }),
    )
    expect(spans[0]).toMatchObject({
      kind: 3,
      attributes: {
        'chaostoolkit.activity.name': 'ask',
        'chaostoolkit.activity.background': false,
        'chaostoolkit.activity.status': 'succeeded',
        'chaostoolkit.activity.output': '{"status": 503, "body": "no"}',
        'http.request.method': 'GET',
        'url.full': 'https://shop.example:8443/cart',
        'http.response.status_code': 503,
      },
    })
  })

  test('of a fault: what a known extension injects, and where; its undo names the same', () => {
    const { observer, root, spans } = scripted()
    const module = 'chaosk8s.chaosmesh.network.actions'
    const provider = { type: 'python', module, func: 'add_latency' }
    const injecting = { name: 'slow', label_selectors: 'app=payment', latency: '500ms' }
    activity(observer, root, { ...action, provider: { ...provider, arguments: injecting } }).end(returned({}))
    const undoing = { ...provider, func: 'delete_network_fault', arguments: { name: 'slow' } }
    activity(observer, root, { ...action, provider: undoing }).end(returned({}))
    expect(spans[0]?.attributes).toMatchObject({
      'chaos.fault.kind': 'NetworkChaos',
      'chaos.fault.action': 'delay',
      'chaos.fault.target': 'app=payment',
    })
    expect(spans[1]?.attributes).toMatchObject({ 'chaos.fault.undoes': 'networkchaos default/slow' })
  })

  test('no output is longer than 4,096 characters, and no secret leaves', () => {
    const { observer, root, spans } = scripted({ secrets: { api: { key: 's3cr3t-value' } } })
    const output = { said: 'the key is s3cr3t-value', password: 'hunter2', long: 'x'.repeat(100_000) }
    activity(observer, root, action).end(returned(output))
    activity(observer, root, action).end(failed('ValueError', 'bad key s3cr3t-value'))
    const text = encodeOtlpJson([{ resource: {}, spans }])
    expect(text).not.toContain('s3cr3t-value')
    expect(text).not.toContain('hunter2')
    expect(String(spans[0]?.attributes?.['chaostoolkit.activity.output'])).toHaveLength(4_097)
  })

  test('a short secret is hidden where it stands alone, not within words', () => {
    const { observer, root, spans } = scripted({
      secrets: { pin: '12.4', none: '', api: { key: '12.4-longer' } },
    })
    activity(observer, root, action).end(returned('pin 12.4, key 12.4-longer, at 112.45'))
    expect(spans[0]?.attributes?.['chaostoolkit.activity.output']).toBe('"pin ***, key ***, at 112.45"')
  })

  test('an output that JSON has no word for does not lose the span', () => {
    const { observer, root, spans } = scripted()
    const object = { pythonType: 'set', text: '{1}', repr: '{1}', json: undefined, isTrue: true }
    activity(observer, root, action).end({ kind: 'returned', value: [object, Number.NaN, 1.5, 2n, null] })
    expect(spans[0]?.attributes?.['chaostoolkit.activity.output']).toBe('["{1}", NaN, 1.5, 2, null]')
  })

  test('a pause is an event, not a span', () => {
    const { observer, root, spans } = scripted()
    const method = observer.start({ kind: 'method' }, root)
    const pause = observer.start({ kind: 'pause', moment: 'before', seconds: 2 }, method)
    pause.end({ kind: 'pause', error: undefined })
    method.end({ kind: 'method', error: undefined })
    expect(spans).toHaveLength(1)
    expect(spans[0]?.events).toMatchObject([{ name: 'pause', attributes: { moment: 'before', seconds: 2 } }])
  })
})

describe('errors', () => {
  test('a failed activity has status ERROR, an exception event and the traceback', () => {
    const { observer, root, spans } = scripted()
    activity(observer, root, action).end(failed('chaoslib.exceptions.ActivityFailed', 'boom'))
    expect(spans[0]).toMatchObject({
      status: 2,
      statusMessage: 'boom',
      attributes: {
        'chaostoolkit.activity.status': 'failed',
        'chaostoolkit.activity.error': [expect.any(String), 'chaoslib.exceptions.ActivityFailed: boom\n'],
      },
      events: [{ name: 'exception', attributes: { 'exception.type': 'chaoslib.exceptions.ActivityFailed' } }],
    })
  })

  test.each([
    ['stopped', { kind: 'stopped' } as const, 'interrupted'],
    ['crashed', { ...failed('ModuleNotFoundError', 'x'), kind: 'crashed' } as const, 'aborted'],
    ['exited', { ...failed('SystemExit', '3'), kind: 'exited' } as const, 'interrupted'],
  ])('an activity that %s has a status in words', (_, outcome, status) => {
    const { observer, root, spans } = scripted()
    activity(observer, root, action).end(outcome)
    expect(spans[0]?.status).toBe(2)
    expect(spans[0]?.attributes?.['chaostoolkit.activity.status']).toBe(status)
  })

  test('a deviation: the probe, the hypothesis and the experiment, with what was expected and what was', () => {
    const { observer, root, spans } = scripted()
    const hypothesis = observer.start({ kind: 'hypothesis', phase: 'after', hypothesis: new Map() }, root)
    const asked = activity(observer, hypothesis, probe, { section: 'hypothesis' })
    asked.step.note({ kind: 'tolerance', tolerance: 200n, computed: py({ status: 503 }), isMet: false })
    asked.end(returned({ status: 503 }))
    hypothesis.end({ kind: 'hypothesis', isMet: false })
    endExperiment(root, { deviated: true })
    expect(spans.map((one) => [one.name, one.status])).toEqual([
      ['activity: is it up', 2],
      ['hypothesis', 2],
      ['experiment', 2],
    ])
    expect(spans[0]).toMatchObject({
      attributes: { 'chaostoolkit.tolerance': '200', 'chaostoolkit.tolerance.met': false },
      statusMessage: 'not within its tolerance: expected 200, was {"status": 503}',
    })
    expect(spans[0]?.events?.[0]).toMatchObject({
      name: 'deviation',
      attributes: { probe: 'is it up', expected: '200', computed: '{"status": 503}' },
    })
  })

  test.each([
    ['interrupt', { 'chaostoolkit.experiment.exit_signal': true }],
    ['graceful', { 'chaostoolkit.experiment.exit_signal': true }],
    ['terminate', { 'chaostoolkit.experiment.interrupted': true }],
  ] as const)('a run that ended by %s', (kind, expected) => {
    const { root, spans } = scripted()
    const journal = py({ status: 'interrupted', deviated: false }) as never
    root.end({ kind: 'experiment', journal, exit: { kind, source: 'SIGX' } })
    expect(spans[0]).toMatchObject({ status: 2, attributes: expected })
  })
})

test('trace and span ids go into the journal, unless the reference’s exact journal is wanted', () => {
  const ids = (idsGoTo: 'journal' | 'nowhere') => {
    const { observer, root, spans } = scripted({ options: { idsGoTo } })
    const record = activity(observer, root, action).end(returned(0))
    return { record, journal: endExperiment(root), spans }
  }
  const { record, journal, spans } = ids('journal')
  expect(journal.get('trace_id')).toBe(spans[1]?.traceId)
  expect([record.get('span_id'), journal.get('span_id')]).toEqual(spans.map((one) => one.spanId))
  const plain = ids('nowhere')
  expect([plain.journal.has('trace_id'), plain.record.has('span_id')]).toEqual([false, false])
})

describe('context', () => {
  test('each activity hands on its own span, as headers and as environment, with baggage', () => {
    const { observer, root, spans } = scripted()
    const one = activity(observer, root, action)
    one.end(returned(0))
    const { headers, env } = one.step.carrier
    const [span] = spans
    expect(headers.traceparent).toBe(`00-${span?.traceId}-${span?.spanId}-01`)
    expect(env.TRACEPARENT).toBe(headers.traceparent)
    expect(headers.baggage).toBe(`chaos.experiment.id=${span?.traceId},chaos.experiment.name=slow%20payment`)
    expect(env.BAGGAGE).toBe(headers.baggage)
  })

  test('an experiment started by something traced is a part of it, baggage and trace state included', () => {
    const traceId = 'a'.repeat(32)
    const env = { TRACEPARENT: `00-${traceId}-${'b'.repeat(16)}-01`, TRACESTATE: 'x=1', BAGGAGE: 'team=red' }
    const { root, spans } = scripted({ options: { env } })
    endExperiment(root)
    expect(spans[0]).toMatchObject({ traceId, parentSpanId: 'b'.repeat(16), attributes: { team: 'red' } })
    expect(root.carrier.headers).toMatchObject({
      tracestate: 'x=1',
      baggage: expect.stringContaining('team=red'),
    })
  })

  test.each([
    ['OTEL_PROPAGATORS=b3', { OTEL_PROPAGATORS: 'b3' }, {}, ['b3']],
    ['the control asks for B3', {}, { tracing_provider: 'jaeger', tracing_propagation: 'b3' }, b3Names()],
    [
      'the control asks for Jaeger',
      {},
      { tracing_provider: 'jaeger' },
      ['uber-trace-id', ...jaegerBaggage(), ...w3c()],
    ],
    [
      'Jaeger’s header by another name',
      {},
      { tracing_provider: 'jaeger', tracing_id_name: 'x-trace', baggage_prefix: 'bag-' },
      ['x-trace', 'bag-chaos.experiment.id', 'bag-chaos.experiment.name', ...w3c()],
    ],
    ['nobody asks', {}, {}, w3c()],
  ])('%s', (_, env, configuration, names) => {
    const controls = [{ name: 'tracing', provider: { type: 'python', module: 'chaostracing.control' } }]
    const { root } = scripted({ experiment: { controls }, configuration, options: { env } })
    expect(Object.keys(root.carrier.headers)).toEqual(names)
  })
})

function w3c(): readonly string[] {
  return ['traceparent', 'baggage']
}

function b3Names(): readonly string[] {
  return ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', ...w3c()]
}

function jaegerBaggage(): readonly string[] {
  return ['uberctx-chaos.experiment.id', 'uberctx-chaos.experiment.name']
}

test('an experiment that declares the control is exported as service chaostoolkit, its tags included', async () => {
  const collector = inProcessSpanCollector()
  const listener = await startOtlpHttpReceiver({
    address: { host: '127.0.0.1', port: 0 },
    sink: collector.receive,
  })
  closing.push(listener)
  const controls = [{ name: 'tracing', provider: { type: 'python', module: 'chaostracing.control' } }]
  const configuration = {
    tracing_provider: 'opentelemetry',
    tracing_host: '127.0.0.1',
    tracing_port: listener.address.port,
  }
  const { observer, root, tracer, warnings, spans } = scripted({
    experiment: { controls, tags: ['a', 'b'] },
    configuration,
  })
  activity(observer, root, action).end(returned(0))
  const web = { type: 'http', url: 'http://me:pw@shop/cart?token=x' }
  activity(observer, root, { ...probe, provider: web }).end(returned({ status: 503 }))
  endExperiment(root)
  await tracer.finish()
  expect(warnings).toEqual([])
  expect(spans[1]?.attributes).toMatchObject({
    'http.method': 'GET',
    'http.url': 'http://shop/cart',
    'http.status_code': 503,
    'span.kind': 'client',
  })
  expect(spans[0]?.attributes).toMatchObject({ type: 'activity', activity: 'action', status: 'succeeded' })
  expect(spans[2]?.attributes).toMatchObject({ type: 'experiment', target: 'a, b', status: 'completed' })
  const table = await collector.finish()
  expect(table.resources.map((one) => one.service)).toEqual(['chaostoolkit'])
  expect(table.length).toBe(3)
})

test('an observer that is told of steps without an experiment does not fall over', async () => {
  const { tracer } = scripted()
  expect(tracer.observer.start({ kind: 'method' }, undefined).carrier.headers).toHaveProperty('traceparent')
})
