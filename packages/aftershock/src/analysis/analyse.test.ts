import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DRAWING_EPOCH_NS, spansOf, tableOf } from '../model/draw-trace.ts'
import type { Mechanism } from '../model/result.ts'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import type { ExperimentFacts, Windows } from '../model/window.ts'
import { analyse, type Findings } from './analyse.ts'

const SECOND = 1_000_000_000n

function windowsAt(shiftNs: bigint, target: string | undefined): Windows {
  const at = (from: number, to: number) => ({
    startNs: DRAWING_EPOCH_NS + shiftNs + BigInt(from) * SECOND,
    endNs: DRAWING_EPOCH_NS + shiftNs + BigInt(to) * SECOND,
  })
  const experiment: ExperimentFacts = {
    name: 'test',
    kind: 'NetworkChaos',
    action: 'delay',
    mode: 'all',
    targets: target === undefined ? [] : [{ service: target, namespace: undefined, pods: [] }],
    parameters: { latencyMs: 500 },
  }
  return {
    experiments: target === undefined ? [] : [experiment],
    baseline: [at(0, 60)],
    chaos: [at(60, 120)],
    recovery: [at(120, 180)],
  }
}

function findingsOf(drawing: string, target: string | undefined = 'payment'): Findings {
  return analyse({ table: tableOf(drawing), windows: windowsAt(0n, target) })
}

/** `timeout order>payment 40` a line, defences that were absent left out. */
function told(findings: Findings): readonly string[] {
  return findings.mechanisms
    .filter((m) => m.verdict !== 'absent')
    .map((m) => `${m.kind} ${m.caller}>${m.callee} ${m.count}`)
    .sort()
}

function only(findings: Findings, kind: Mechanism['kind']): Mechanism {
  const found = findings.mechanisms.filter((m) => m.kind === kind && m.verdict !== 'absent')
  expect(found.map((m) => m.kind)).toEqual([kind])
  return found[0]
}

/** A healthy request, in the baseline and after the fault. */
const HEALTHY = `
gateway POST /checkout       0-60ms  http=200
  gateway>order POST /order  5-55ms  http=200
    order POST /order       6-54ms  http=200
      order>payment POST /pay  10-50ms  http=200
        payment POST /pay     11-49ms  http=200
`
function healthy(at: string, times: number, everyMs: number): string {
  return `@ ${at} ×${times} every ${everyMs}ms${HEALTHY}`
}
const CALM = `${healthy('+1s', 100, 500)}\n${healthy('+125s', 100, 500)}`

/** Requests of the chaos window, 40 of them. */
function during(request: string): string {
  return `${CALM}\n@ +62s ×40 every 1000ms\n${request.trim()}\n`
}

const TIMED_OUT = `
gateway POST /checkout       0-420ms  http=504
  gateway>order POST /order  5-415ms  http=504
    order POST /order       6-414ms  http=504
      order>payment POST /pay  10-410ms  timeout
        payment POST /pay     11-549ms  http=200
`

test('analyse() says of a target that no span tells of that it cannot be followed, and what users saw meanwhile', () => {
  const refused = 'gateway POST /checkout  0-20ms  http=503'
  const findings = findingsOf(during(refused), 'broker')
  expect(findings.headline).toBe(
    'broker +500 ms cannot be followed: no span tells of broker. POST /checkout failed for 40 of 40 requests meanwhile.',
  )
})

test('analyse() knows entries by their operation, also where a service has a name of several words', () => {
  const { builder, words } = {
    builder: new SpanTableBuilder({ attributes: 'keep' }),
    words: 'Payment Service',
  }
  for (const { resource, span } of spansOf(during(TIMED_OUT))) {
    const name = resource['service.name'] === 'gateway' ? words : resource['service.name']
    builder.addSpan(builder.addResource({ ...resource, 'service.name': name ?? '' }), span)
  }
  const { journeys, headline } = analyse({ table: builder.finish(), windows: windowsAt(0n, 'payment') })
  expect(journeys.map(({ label }) => label)).toEqual(['POST /checkout'])
  expect(headline).toContain('became POST /checkout 504')
})

test('analyse() finds whom it was where an experiment tells no target: the method of a Chaos Toolkit experiment', () => {
  const { experiments, ...times } = windowsAt(0n, 'payment')
  const method = experiments.map((one) => ({
    ...one,
    kind: 'Method',
    action: undefined,
    targets: [],
    parameters: {},
  }))
  const findings = analyse({ table: tableOf(during(TIMED_OUT)), windows: { ...times, experiments: method } })
  expect(findings.headline).toMatch(
    /^payment answered 499 ms late \(blind: no target was told\), which became POST/,
  )
  expect(findings.impact.find(({ phase }) => phase === 'chaos')?.attributedFailed).toBe(40)
})

test('analyse() counts calls per request of users: messages that nobody received are no fewer users', () => {
  const received = '@ +1s ×100 every 500ms\nworker orders process  0-9ms  consumer'
  const { edges } = findingsOf(`${received}\n\n${during(TIMED_OUT)}`)
  expect(edges.find(({ from, to }) => from === 'order' && to === 'payment')?.delta.loadX).toBe(1)
})

describe('time-outs', () => {
  test('analyse() tells the limit, the abandoned work, and what limit would have sufficed', () => {
    const findings = findingsOf(during(TIMED_OUT))
    expect(told(findings)).toEqual(['duplicate-work order>payment 40', 'timeout order>payment 40'])
    const timeout = only(findings, 'timeout')
    expect(timeout).toMatchObject({ timeoutMs: 400, grade: 'observed', verdict: 'hurt' })
    expect(timeout.estimate?.text).toContain('estimate')
    expect(only(findings, 'duplicate-work').sideEffects).toBe(40)
    expect(findings.headline).toContain('payment +500 ms became POST /checkout 504')
    expect(findings.reach).toEqual({ hit: 40, total: 40, unit: 'POST /checkout requests' })
  })

  test('analyse() infers one where undici says nothing and the callee works on', () => {
    const silent = TIMED_OUT.replace('10-410ms  timeout', '10-410ms')
    const timeout = only(findingsOf(during(silent)), 'timeout')
    expect(timeout).toMatchObject({ count: 40, timeoutMs: 400, grade: 'inferred' })
  })

  test('a 504 that the callee answered is its own error, not a time-out of its caller', () => {
    const answered = TIMED_OUT.replace('10-410ms  timeout', '10-410ms  http=504').replace(
      '11-549ms  http=200',
      '11-409ms  http=504',
    )
    expect(told(findingsOf(during(answered)))).toEqual([])
  })

  test('an answer just below the limit is only slow', () => {
    const slow = TIMED_OUT.replaceAll('504', '200')
      .replace('10-410ms  timeout', '10-409ms  http=200')
      .replace('11-549ms', '11-408ms')
    const findings = findingsOf(during(slow))
    expect(told(findings)).toEqual([])
    expect(findings.traces.filter((t) => t.outcome === 'slow' && t.attributed)).toHaveLength(40)
    expect(findings.proof).toMatchObject({ tookEffect: true, seen: 40, eligible: 40, gone: true })
  })
})

describe('retries', () => {
  const RETRIED = `
gateway POST /checkout       0-100ms  http=200
  gateway>order POST /order  5-95ms  http=200
    order POST /order       6-94ms  http=200
      order>payment POST /pay  10-12ms  type=ECONNREFUSED error
      order>payment POST /pay  32-34ms  type=ECONNREFUSED error
      order>payment POST /pay  54-93ms  http=200
        payment POST /pay     55-92ms  http=200
`
  test('analyse() groups attempts without any attribute for it, and counts what they rescued', () => {
    const findings = findingsOf(during(RETRIED))
    expect(told(findings)).toEqual(['retry order>payment 40'])
    expect(only(findings, 'retry')).toMatchObject({
      maxAttempts: 3,
      extraAttempts: 80,
      rescued: 40,
      verdict: 'helped',
      backoffMs: [20, 20],
    })
    expect(findings.traces.every((t) => t.outcome === 'absorbed' && t.attributed)).toBe(true)
    expect(findings.chains[0].outcome).toBe('absorbed')
  })

  test('calls after a success are fan-out, whatever their number', () => {
    const fanOut = `
gateway POST /checkout       0-100ms  http=200
  gateway>order POST /order  5-95ms  http=200
    order POST /order       6-94ms  http=200
      order>payment POST /pay  10-30ms  http=200
        payment POST /pay     11-29ms  http=200
      order>payment POST /pay  31-60ms  http=200
        payment POST /pay     32-59ms  http=200
`
    expect(told(findingsOf(during(fanOut)))).toEqual([])
  })

  test('parallel calls of which one fails are no retries', () => {
    const parallel = RETRIED.replace('32-34ms', '11-34ms')
      .replace('54-93ms', '11-93ms')
      .replace('55-92', '12-92')
    expect(told(findingsOf(during(parallel))).filter((line) => line.startsWith('retry'))).toEqual([])
  })

  test('in a loop over items, the item after a failed one is no retry', () => {
    const loop = (second: string): string => `
gateway GET /list        0-100ms  http=200
  gateway>payment GET /item  10-20ms  http=200
    payment GET /item       11-19ms  http=200
  gateway>payment GET /item  21-30ms  ${second}
  gateway>payment GET /item  31-40ms  http=200
    payment GET /item       32-39ms  http=200
`
    const drawing = `@ +1s ×100 every 500ms${loop('http=200')}\n@ +62s ×40 every 1000ms${loop('error type=ECONNREFUSED')}`
    expect(told(findingsOf(drawing))).toEqual(['fallback gateway>payment 40'])
  })
})

describe('breakers', () => {
  const BURST = `@ +61s ×10 every 100ms${TIMED_OUT}`
  const rejected = (how: string): string => `${CALM}\n${BURST}\n@ +63s ×40 every 200ms
gateway POST /checkout       0-10ms  http=500
  gateway>order POST /order  2-9ms  http=500
    order POST /order       3-8ms  http=500 ${how}
`
  test('analyse() reads a rejection from the exception of the owner, which has no call', () => {
    const breaker = only(findingsOf(rejected('exception="Error:Breaker is open"')), 'circuit-breaker')
    expect(breaker).toMatchObject({ caller: 'order', callee: 'payment', count: 40, grade: 'observed' })
    expect(breaker.openings).toHaveLength(1)
  })

  test('analyse() infers it from fast failures without the usual call after a burst, and says so', () => {
    const breaker = only(findingsOf(rejected('')), 'circuit-breaker')
    expect(breaker).toMatchObject({ count: 40, grade: 'inferred' })
  })

  test('calls let in just before it closes do not make its last rejections load shedding', () => {
    const drawing = `${rejected('')}

@ +70850ms
gateway POST /checkout       0-5ms  http=503
  gateway>order POST /order  1-4ms  http=503
    order POST /order       2-3ms  http=503

@ +70900ms ×3 every 20ms${HEALTHY}`
    const findings = findingsOf(drawing)
    expect(findings.mechanisms.map((m) => m.kind)).not.toContain('load-shed')
    expect(only(findings, 'circuit-breaker').count).toBe(41)
  })

  test('refused connections are no rejections', () => {
    const refused = `${CALM}\n@ +62s ×40 every 1000ms
gateway POST /checkout       0-10ms  http=500
  gateway>order POST /order  2-9ms  http=500
    order POST /order       3-8ms  http=500
      order>payment POST /pay  4-5ms error type=ECONNREFUSED
`
    const findings = findingsOf(refused)
    expect(told(findings)).toEqual([])
    expect(findings.chain.map((s) => s.kind)).toContain('inject')
    expect(findings.mechanisms.find((m) => m.verdict === 'absent')).toMatchObject({ kind: 'fallback' })
  })
})

describe('fallbacks and load', () => {
  test('an owner that goes on without error after its call failed for good absorbed it', () => {
    const absorbed = `
gateway POST /checkout       0-30ms  http=200
  gateway>order POST /order  5-28ms  http=200
    order POST /order       6-27ms  http=200
      order>payment POST /pay  10-12ms  error type=ECONNRESET
`
    const findings = findingsOf(during(absorbed))
    expect(told(findings)).toEqual(['fallback order>payment 40'])
    expect(findings.impact.find((i) => i.phase === 'chaos')).toMatchObject({
      failed: 0,
      slow: 0,
      attributed: 0,
    })
    expect(findings.headline).toContain('absorbed')
  })

  test('429 at once is load shedding', () => {
    const shed = `
gateway POST /checkout       0-30ms  http=500
  gateway>order POST /order  5-28ms  http=500
    order POST /order       6-27ms  http=500
      order>payment POST /pay  10-12ms  http=429
        payment POST /pay     10-11ms  http=429
`
    expect(told(findingsOf(during(shed)))).toEqual(['load-shed >payment 40'])
  })

  test('a second call beside a slow first one, first answer wins, is a hedge', () => {
    const hedged = `
gateway POST /checkout       0-160ms  http=200
  gateway>order POST /order  5-155ms  http=200
    order POST /order       6-154ms  http=200
      order>payment POST /pay  10-151ms  error type=AbortError
        payment#0 POST /pay     11-549ms  http=200
      order>payment POST /pay  110-150ms  http=200
        payment#1 POST /pay     111-149ms  http=200
`
    expect(told(findingsOf(during(hedged)))).toContain('hedge order>payment 40')
  })
})

describe('background', () => {
  test('a sham window gives no finding', () => {
    const findings = findingsOf(`${CALM}\n${healthy('+62s', 100, 500)}`)
    expect(told(findings)).toEqual([])
    expect(findings.traces).toEqual([])
    expect(findings.suspects).toEqual([])
    expect(findings.chains).toEqual([])
    expect(findings.proof.tookEffect).toBe(false)
  })

  test('an unrelated incident in the same window stays background', () => {
    const unrelated = `
gateway GET /home          0-20ms  http=500
  gateway>catalog GET /list  5-15ms  http=500
    catalog GET /list        6-14ms  http=500 exception=Bug:broken
`
    const findings = findingsOf(`${during(TIMED_OUT)}\n@ +62s ×20 every 1000ms${unrelated}`)
    const home = findings.traces.filter((t) => t.entry === 'gateway GET /home')
    expect(home).toHaveLength(20)
    expect(home.every((t) => !t.attributed)).toBe(true)
  })

  test('with no experiment told, the origin is the first suspect', () => {
    const findings = findingsOf(during(TIMED_OUT), undefined)
    expect(findings.suspects[0]).toMatchObject({ service: 'payment' })
    expect(findings.chain[0].kind).toBe('inject')
    expect(findings.traces.every((t) => t.attributed)).toBe(true)
  })

  test('requests whose root never ends are failed and hung, when roots were never missing before', () => {
    const hung = `
gateway POST /checkout       0-90s  lost
  gateway>order POST /order  5-90s  lost
    order POST /order       6-80s   lost
      order>payment POST /pay  10-410ms  timeout
`
    const traces = findingsOf(during(hung)).traces
    expect(traces).toHaveLength(40)
    expect(traces.every((t) => t.outcome === 'failed' && t.hung && t.attributed)).toBe(true)
  })

  test('a service whose good requests stop doing what they always did is a suspect', () => {
    const steps = (more: string): string => `
gateway GET /list        0-40ms  http=200
  gateway>catalog GET /all  5-35ms  http=200
    catalog GET /all        6-34ms  http=200
      catalog read prices    7-20ms
${more}`
    const drawing = `@ +1s ×60 every 500ms${steps('      catalog read stock    21-30ms\n')}\n@ +62s ×60 every 500ms${steps('')}`
    const { suspects } = findingsOf(drawing, undefined)
    expect(suspects.map((s) => s.service)).toEqual(['catalog'])
    expect(suspects[0].why).toContain('leave out read stock')
  })

  test('a 404 is the caller’s mistake, not a failure', () => {
    const missing = TIMED_OUT.replaceAll('504', '404')
      .replace('10-410ms  timeout', '10-50ms  http=404 error')
      .replace('11-549ms  http=200', '11-49ms  http=404')
      .replace('0-420', '0-60')
      .replace('5-415', '5-55')
      .replace('6-414', '6-54')
    expect(findingsOf(during(missing)).traces).toEqual([])
  })

  test('but it is what the caller failed on, where the caller fails with an error of its own and nothing else failed', () => {
    const fatal = TIMED_OUT.replaceAll('504', '502')
      .replace('10-410ms  timeout', '10-50ms  http=404 error')
      .replace('11-549ms  http=200', '11-49ms  http=404')
      .replace('0-420', '0-60')
      .replace('5-415', '5-55')
      .replace('6-414', '6-54')
    const findings = findingsOf(during(fatal))
    expect(findings.traces.filter((t) => t.outcome === 'failed' && t.attributed)).toHaveLength(40)
    expect(findings.chain.map((s) => s.text)).toEqual(['payment answered with errors', 'users got 502'])
  })
})

describe('recovery', () => {
  const again = (at: string) => `${during(TIMED_OUT)}\n@ ${at} ×5 every 200ms${TIMED_OUT}`

  test('lasts as long as failures follow each other after the fault', () => {
    expect(findingsOf(again('+121s')).recovery.overallMs).toBeGreaterThan(1000)
  })

  test('of a service that users ask is not told before that of its users', () => {
    const other = (from: string): string => `
@ ${from} ×40 every 100ms
gateway GET /list       0-9ms  http=200
`
    const { recovery } = findingsOf(
      `${during(TIMED_OUT)}\n@ +124s${TIMED_OUT}${other('+120s')}${other('+125s')}`,
    )
    const gateway = recovery.hops.find((hop) => hop.id === 'gateway')
    expect(recovery.overallMs).toBeGreaterThan(3000)
    expect(gateway?.backAfterMs).toBe(recovery.overallMs)
  })

  test('is over once users were back: what fails again much later has a cause of its own', () => {
    const { recovery } = findingsOf(again('+160s'))
    expect(recovery).toMatchObject({ overallMs: 0, metastable: false })
    expect(recovery.hops.map((hop) => hop.backAfterMs)).toEqual([0, 0, 0])
  })
})

describe('queueing', () => {
  test('is not the pause that a caller makes after its last attempt had failed', () => {
    const paused = `
gateway POST /checkout       0-190ms  http=503
  gateway>order POST /order  5-185ms  http=503
    order POST /order       6-184ms  http=503
      order>payment POST /pay  10-12ms  error=ECONNRESET
      order>payment POST /pay  62-64ms  error=ECONNRESET
      order>payment POST /pay  114-116ms  error=ECONNRESET
`
    expect(told(findingsOf(during(paused)))).toEqual(['retry order>payment 40'])
  })
})

describe('chain', () => {
  test('one count everywhere: headline, reach, last step, journeys, impact, traces', () => {
    const slow = HEALTHY.replace('0-60ms', '0-700ms')
    const findings = findingsOf(`${during(TIMED_OUT)}\n@ +63s ×6 every 1000ms${slow}`)
    const entry = 'gateway POST /checkout'
    const failed = findings.traces.filter(
      (t) => t.entry === entry && t.outcome === 'failed' && t.attributed && t.phase === 'chaos',
    ).length
    const last = findings.chain.at(-1)
    const impact = findings.impact.find((i) => i.entry === entry && i.phase === 'chaos')
    const journey = findings.journeys.find((j) => j.entry === entry)
    expect(failed).toBe(40)
    expect(last).toMatchObject({ kind: 'user', count: failed, of: impact?.requests })
    expect(findings.headline).toContain(`(${failed} of ${impact?.requests})`)
    expect(findings.reach).toMatchObject({ hit: failed, total: impact?.requests })
    expect(journey).toMatchObject({ reach: { hit: failed }, phases: { chaos: { errors: failed } } })
    expect(impact).toMatchObject({ attributedFailed: failed, failed })
    expect(impact?.attributed).toBe((impact?.attributedFailed ?? 0) + (impact?.attributedSlow ?? 0))
  })

  test('steps have causes among those before, counts within what they are counted of, and evidence', () => {
    const { chain, evidence } = findingsOf(during(TIMED_OUT))
    const known = new Set(evidence.map((meta) => meta.traceId))
    for (const [i, step] of chain.entries()) {
      const before = chain.slice(0, i).map((s) => s.id)
      expect(step.causes.length > 0 || i === 0).toBe(true)
      expect(step.causes.every((id) => before.includes(id))).toBe(true)
      expect(step.count).toBeLessThanOrEqual(step.of)
      expect(step.detail).not.toContain(String(step.count))
      expect(step.evidence.some((ref) => known.has(ref.traceId))).toBe(true)
    }
  })

  test('steps tell when they happened first: a call is given up when it ends, tried again when the next begins', () => {
    const twice = `
gateway POST /checkout       0-880ms  http=504
  gateway>order POST /order  5-875ms  http=504
    order POST /order       6-874ms  http=504
      order>payment POST /pay  10-410ms  timeout
        payment POST /pay     11-549ms  http=200
      order>payment POST /pay  460-860ms  timeout
        payment POST /pay     461-999ms  http=200
`
    const { chain } = findingsOf(during(twice))
    expect(chain.map((step) => `${step.kind} ${step.at}`)).toEqual([
      'inject 62010',
      'timeout 62410',
      'retry 62460',
      'duplicate-work 62549',
      'user 62880',
    ])
  })

  test('a load generator that traces its own calls hides no slow request, and waits for nobody', () => {
    const list = (times: string, took: number, catalog: string): string => `
@ ${times}
users>gateway GET /list          0-${took}ms  http=200
  gateway GET /list             1-${took - 1}ms  http=200
${catalog}`
    const good = `    gateway>catalog GET /all  5-15ms  http=200
      catalog GET /all        6-14ms  http=200`
    const late = `    gateway>catalog GET /all  5-255ms  timeout
      catalog GET /all        6-900ms  http=200`
    const calm = `${list('+1s ×100 every 500ms', 22, good)}\n${list('+125s ×100 every 500ms', 22, good)}`
    const findings = findingsOf(`${calm}\n${list('+62s ×40 every 1000ms', 262, late)}`, 'catalog')
    expect(findings.traces).toHaveLength(40)
    expect(findings.traces.every((t) => t.outcome === 'slow' && t.attributed)).toBe(true)
    expect(findings.reach).toEqual({ hit: 40, total: 40, unit: 'GET /list requests, slow' })
    expect(findings.headline).toContain('slow for 100 % of requests (40 of 40)')
    expect(told(findings)).not.toContain('queueing users>gateway 40')
  })

  test('no request of an entry failed because of the fault, but of another some did: the headline says both', () => {
    const asked = (entry: string, times: string, took: number): string => `
@ +${times}
gateway ${entry}               0-${took}ms  http=200
  gateway>payment POST /pay    5-${took - 5}ms  http=200
    payment POST /pay          6-${took - 6}ms  http=200`
    const cut = `
@ +63s ×7 every 1000ms
gateway PUT /cart              0-260ms  http=504
  gateway>payment POST /pay    5-255ms  timeout
    payment POST /pay          6-540ms  http=200`
    const calm = ['GET /home', 'PUT /cart'].map((entry) => asked(entry, '1s ×80 every 500ms', 30))
    const findings = findingsOf([...calm, asked('GET /home', '62s ×40 every 1000ms', 530), cut].join('\n'))
    expect(findings.headline).toContain(
      '(40 of 40): 530 ms instead of 30 ms; none failed, but 7 PUT /cart requests did.',
    )
  })

  test('steps go from the fault to the user, and their numbers are those of the mechanisms', () => {
    const findings = findingsOf(during(TIMED_OUT))
    expect(findings.chain.map((s) => s.text)).toEqual([
      'payment did not answer in time (+500 ms on its answers and its own calls)',
      'order gave up after 400 ms',
      'payment finished work nobody waited for',
      'users got 504',
    ])
    for (const step of findings.chain) {
      const mechanism = findings.mechanisms.find((m) => m.id === step.id)
      if (mechanism !== undefined) expect(step.count).toBe(mechanism.count)
    }
    const ids = new Set(findings.chain.map((s) => s.id))
    expect(findings.traces.every((t) => t.stepIds.every((id) => ids.has(id)))).toBe(true)
  })
})

/** Everything but times and graph, for comparing. */
function essence(findings: Findings): unknown {
  const { stages: _stages, data: _data, ...rest } = findings
  return rest
}

function shuffled(drawing: string, seed: number, shiftNs = 0n): SpanTable {
  const spans = [...spansOf(drawing)]
  let state = seed
  for (let i = spans.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    const j = state % (i + 1)
    ;[spans[i], spans[j]] = [spans[j], spans[i]]
  }
  const builder = new SpanTableBuilder({ epochNs: DRAWING_EPOCH_NS + shiftNs, attributes: 'drop' })
  const resources = new Map<string, number>()
  for (const { resource, span } of spans) {
    const pod = String(resource['k8s.pod.name'])
    const id = resources.get(pod) ?? builder.addResource(resource)
    resources.set(pod, id)
    builder.addSpan(id, { ...span, startNs: span.startNs + shiftNs, endNs: span.endNs + shiftNs })
  }
  return builder.finish()
}

describe('properties', () => {
  const drawing = during(TIMED_OUT)

  test('the order of arrival changes nothing', () => {
    const expected = essence(analyse({ table: tableOf(drawing), windows: windowsAt(0n, 'payment') }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1 << 30 }), (seed) => {
        const found = analyse({ table: shuffled(drawing, seed), windows: windowsAt(0n, 'payment') })
        expect(essence(found)).toEqual(expected)
      }),
      { numRuns: 10 },
    )
  })

  test('shifting all times changes nothing', () => {
    const expected = essence(analyse({ table: tableOf(drawing), windows: windowsAt(0n, 'payment') }))
    fc.assert(
      fc.property(fc.integer({ min: -86_400, max: 86_400 }), (seconds) => {
        const shiftNs = BigInt(seconds) * SECOND
        const found = analyse({
          table: shuffled(drawing, 7, shiftNs),
          windows: windowsAt(shiftNs, 'payment'),
        })
        expect(essence(found)).toEqual(expected)
      }),
      { numRuns: 10 },
    )
  })

  test('renaming services only renames', () => {
    const renamed = drawing.replaceAll('payment', 'zahlung').replaceAll('gateway', 'a-tor')
    const back = (text: string): string =>
      text.replaceAll('zahlung', 'payment').replaceAll('a-tor', 'gateway')
    const found = told(findingsOf(renamed, 'zahlung')).map(back)
    expect(found).toEqual(told(findingsOf(drawing)))
  })

  test('healthy traffic elsewhere changes no finding', () => {
    const other = (at: string): string => `@ ${at} ×60 every 500ms
gateway GET /search        0-30ms  http=200
  gateway>search GET /find  5-25ms  http=200
    search GET /find       6-24ms  http=200
`
    const found = findingsOf(`${drawing}\n${other('+2s')}\n${other('+63s')}\n${other('+126s')}`)
    expect(told(found)).toEqual(told(findingsOf(drawing)))
    expect(found.traces.map((t) => t.traceId).sort()).toEqual(
      findingsOf(drawing)
        .traces.map((t) => t.traceId)
        .sort(),
    )
  })
})
