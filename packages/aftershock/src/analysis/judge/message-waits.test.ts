import { describe, expect, test } from 'vitest'
import type { Mechanism } from '../../model/result.ts'
import { analyse, type Findings } from '../analyse.ts'
import { EPOCH_MS, type SimulatedSpan } from '../test-support/scene.ts'
import { type Simulated, simulate } from '../test-support/simulate.ts'
import { tableOf, windowsOf } from '../test-support/truth.ts'
import { type Fault, type Service, timesOf, type World } from '../test-support/world.ts'

// Orders go through a queue to one who takes up one at a time; each is stored before the next is taken.

const DELAY: Fault = { service: 'store', kind: 'delay', ms: 100 }

function queued(
  fault: Fault | undefined,
  {
    worker,
    afterMs,
    ...world
  }: { readonly worker?: Partial<Service>; readonly afterMs?: number } & Partial<World> = {},
): World {
  const { service, op } = { service: 'store', op: 'POST /save' }
  const publish = { publish: 'orders', ...(afterMs === undefined ? {} : { afterMs }) }
  return {
    services: [
      { name: 'web', ops: { 'POST /order': [{ workMs: 3 }, publish], 'GET /stock': [] } },
      {
        name: 'worker',
        takes: 1,
        ops: { 'on orders': [{ workMs: 8 }, { call: { to: service, op } }] },
        ...worker,
      },
      { name: 'store', ops: { [op]: [{ workMs: 12 }] } },
    ],
    entries: [{ service: 'web', op: 'POST /order', rps: 16 }],
    ...(fault === undefined ? {} : { fault }),
    chaosS: 12,
    recoveryS: 30,
    ...world,
  }
}

type Told = {
  readonly queueing: readonly Mechanism[]
  readonly result: Findings
  /** Messages that waited longer than nearly all of the baseline and 30 ms longer than without the fault, and how much, ms. */
  readonly trueMs: readonly number[]
  /** When the last of them was taken up, ms after the fault's end. */
  readonly trueBackMs: number
}

function told(
  world: World,
  seed: number,
  otherwise = (spans: Simulated['spans']) => spans,
  tellsFault: 'all' | 'nobody' = 'all',
): Told {
  const hurt = simulate(world, seed, 'yes')
  const spared = simulate(world, seed, 'no')
  const result = analyse({
    table: tableOf({ ...hurt, spans: otherwise(hurt.spans) }),
    windows: { ...windowsOf(world), ...(tellsFault === 'nobody' ? { experiments: [] } : {}) },
  })
  const takenAt = new Map(
    hurt.spans.flatMap(({ span }) =>
      span.kind === 5 ? [[span.traceId, Number(span.startNs / 1000n) / 1000 - EPOCH_MS] as const] : [],
    ),
  )
  const { baselineS, chaosS } = timesOf(world)
  const usual = [...spared.messages]
    .filter(([trace]) => (takenAt.get(trace) ?? Number.POSITIVE_INFINITY) < baselineS * 1000)
    .map(([, ms]) => ms)
    .sort((a, b) => a - b)
  const high = usual[Math.floor(0.99 * usual.length)]
  const late = [...hurt.messages].filter(
    ([trace, ms]) => ms > high && ms > (spared.messages.get(trace) ?? 0) + 30,
  )
  const backMs = Math.max(0, ...late.map(([trace]) => takenAt.get(trace) ?? 0)) - (baselineS + chaosS) * 1000
  return {
    queueing: result.mechanisms.filter((m) => m.kind === 'queueing'),
    result,
    trueMs: late.map(([trace, ms]) => ms - (spared.messages.get(trace) ?? 0)).sort((a, b) => a - b),
    trueBackMs: backMs,
  }
}

/** What is told is true: how many waited, how long, and until when. */
function expectTrue({ queueing, result, trueMs, trueBackMs }: Told, offShare = 0.02): void {
  expect(queueing).toMatchObject([{ caller: 'web', callee: 'worker', grade: 'observed', verdict: 'hurt' }])
  const [{ count, facts, evidence }] = queueing
  expect(trueMs.length).toBeGreaterThan(50)
  // Among those told are some that would have waited anyway: one in a hundred, until the backlog is gone.
  expect(Math.abs(count - trueMs.length)).toBeLessThanOrEqual(Math.max(5, offShare * trueMs.length))
  const rawOf = (label: string): number => Number(facts.find((fact) => fact.label === label)?.raw)
  const middle = trueMs[Math.floor(trueMs.length / 2)]
  expect(Math.abs(rawOf('waited (p50)') / middle - 1)).toBeLessThan(0.1)
  expect(Math.abs(rawOf('waited (longest)') / (trueMs.at(-1) ?? 0) - 1)).toBeLessThan(0.1)
  expect(evidence.length).toBeGreaterThan(0)
  const hop = result.recovery.hops.find(({ id }) => id === 'worker')
  expect(trueBackMs).toBeGreaterThan(500)
  expect(Math.abs(Number(hop?.backAfterMs) - trueBackMs)).toBeLessThan(300)
  expect(hop?.heldBy).toBe('a backlog of waiting messages')
}

/** The consumer goes on in the sender's trace. */
function inSendersTrace(spans: readonly SimulatedSpan[]): SimulatedSpan[] {
  const links = new Map(spans.flatMap(({ span }) => (span.links ?? []).map((link) => [span.traceId, link])))
  return spans.map((one) => {
    const link = links.get(one.span.traceId)
    if (link === undefined) return one
    const { links: _, ...span } = one.span
    const parentSpanId = span.kind === 5 ? link.spanId : span.parentSpanId
    return { ...one, span: { ...span, traceId: link.traceId, ...(parentSpanId && { parentSpanId }) } }
  })
}

/** Two messages are taken up at once: one span with links to both. */
function inBatches(spans: readonly SimulatedSpan[]): SimulatedSpan[] {
  const taken = spans
    .filter(({ span }) => span.kind === 5)
    .sort((a, b) => Number(a.span.startNs - b.span.startNs))
  const pairs = new Map(taken.flatMap((one, i) => (i % 2 === 1 ? [[one, taken[i - 1]] as const] : [])))
  const firsts = new Set(pairs.values())
  return spans.flatMap((one) => {
    if (firsts.has(one)) return []
    const first = pairs.get(one)
    if (first === undefined) return [one]
    return [
      { ...one, span: { ...one.span, links: [...(first.span.links ?? []), ...(one.span.links ?? [])] } },
    ]
  })
}

const isInChaos = (startNs: bigint): boolean => Number(startNs / 1_000_000n) - EPOCH_MS >= 40_000

/** What an instance takes up from the fault on leaves no span: it is never taken up. */
function neverTaken(spans: readonly SimulatedSpan[], isDead: (pod: string) => boolean): SimulatedSpan[] {
  const dead = new Set(
    spans.flatMap(({ span, pod }) =>
      span.kind === 5 && isDead(pod) && isInChaos(span.startNs) ? [span.traceId] : [],
    ),
  )
  return spans.filter(({ span }) => !dead.has(span.traceId))
}

function withoutLinks(spans: readonly SimulatedSpan[]): SimulatedSpan[] {
  return spans.map(({ span: { links: _, ...span }, ...one }) => ({ ...one, span }))
}

describe('messages that wait', () => {
  test('pile up before a consumer whose callee is slow, and are worked off after the fault', () => {
    expectTrue(told(queued(DELAY), 1))
  })

  test('pile up before a consumer that is down', () => {
    const kill: Fault = { service: 'worker', kind: 'kill', downMs: 12_000 }
    expectTrue(told(queued(kill), 2))
  })

  test('pile up before a consumer whose own work is slow', () => {
    expectTrue(told(queued({ service: 'worker', kind: 'slow', times: 9 }), 3))
  })

  test('pile up before one instance that stays down for longer than the fault, while the other is calm', () => {
    const kill: Fault = { service: 'worker', kind: 'kill', downMs: 16_000, pods: 1 }
    expectTrue(told(queued(kill, { worker: { pods: 2 } }), 25))
  })

  test('are told alike where the consumer goes on in the trace of who sent', () => {
    expectTrue(told(queued(DELAY), 4, inSendersTrace))
  })

  test('are told alike by clocks a second off', () => {
    // What a second off begins and ends lies in another window.
    expectTrue(told(queued(DELAY, { worker: { skewMs: -1000 } }), 5), 0.05)
    expectTrue(told(queued(DELAY, { worker: { skewMs: 1000 } }), 6), 0.05)
  })

  test('are told in batches by the one that waited longest', () => {
    const { queueing, trueMs } = told(queued(DELAY), 7, inBatches)
    expect(queueing).toMatchObject([{ caller: 'web', callee: 'worker' }])
    expect(queueing[0].count / (trueMs.length / 2)).toBeGreaterThan(0.9)
    expect(queueing[0].count / (trueMs.length / 2)).toBeLessThan(1.1)
  })

  test('wait beyond a delay that is meant', () => {
    expectTrue(told(queued(DELAY, { afterMs: 5000 }), 8))
  })
})

describe('messages that come late', () => {
  const kill: Fault = { service: 'worker', kind: 'kill', downMs: 12_000 }

  test('are the effect of a fault that nobody else sees, and never called absorbed', () => {
    const { result, trueMs } = told(queued(kill), 2)
    expect(result.proof).toMatchObject({ tookEffect: true, unit: 'messages to worker', gone: true })
    expect(result.proof.seen).toBe(result.proof.eligible)
    expect(result.headline).toBe(
      `worker killed made ${trueMs.length} messages from web wait for worker, up to 12 s longer than usual; no request failed or became slow. The backlog was gone 6.01 s after the fault ended.`,
    )
  })

  test('are no sign of less traffic, or of less of it kept', () => {
    const { result } = told(queued(kill), 2)
    expect(result.quality.map(({ id }) => id)).not.toContain('fewer-requests')
    expect(result.chain.at(-1)).toMatchObject({ id: 'user:late:worker on orders', count: 287, of: 287 })
  })

  test('are steps of a chain of their own where no request was slow: fault, queue, users', () => {
    const { result, queueing } = told(queued(DELAY), 4, inSendersTrace)
    expect(result.headline).not.toContain('absorbed')
    expect(result.chains.map(({ outcome, share, count }) => ({ outcome, share, count }))).toEqual([
      { outcome: 'absorbed', share: 1, count: queueing[0].count },
    ])
    const [inject, queue, users] = result.chain
    expect(inject.text).toBe('store answered 100 ms late')
    expect(queue).toMatchObject({
      ...{ id: 'queueing:web>worker', kind: 'pool', text: 'messages waited for worker', unit: 'messages' },
      ...{ count: queueing[0].count, causes: ['inject'] },
      where: { service: 'web', edge: 'web>worker' },
    })
    expect(queue.detail).toMatch(/^2\.\d\d s in the middle, 4\.\d\d s at the 95th percentile$/)
    expect(queue.at).toBeGreaterThanOrEqual(inject.at)
    expect(queue.at).toBeLessThan(inject.at + 500)
    expect(users).toMatchObject({
      ...{ id: 'user:late:web POST /order', text: 'users saw no failure, but what they sent came late' },
      causes: ['queueing:web>worker'],
    })
    expect(result.graph.edges.find(({ id }) => id === 'web>worker')).toMatchObject({
      ...{ state: 'slower', label: `+${queueing[0].facts[0].value}` },
      stepIds: ['queueing:web>worker'],
    })
    const late = result.traces.filter(({ stepIds }) => stepIds.includes('queueing:web>worker'))
    expect(late).toHaveLength(queueing[0].count)
    for (const one of late) expect(one).toMatchObject({ outcome: 'absorbed', attributed: true })
  })

  test('are told beside requests that were slow, and when they were worked off beside when users were back', () => {
    const { result } = told(queued(DELAY), 1)
    expect(result.headline).toMatch(
      /slow for 100 % of requests .*; \d+ messages from web waited for worker, up to 6\.55 s longer than usual\. Users were back at once when the fault ended, worker after 3\.\d\d s\.$/,
    )
    expect(result.chains.map(({ outcome }) => outcome)).toEqual(['slow', 'absorbed'])
    for (const { steps } of result.chains) expect(steps.map(({ id }) => id)).toContain('queueing:web>worker')
  })

  test('or never come are told as such: they were sent, and nobody took them up', () => {
    const { result, queueing } = told(queued(kill), 31, (spans) => neverTaken(spans, () => true))
    expect(result.proof).toMatchObject({
      tookEffect: true,
      seen: 189,
      eligible: 189,
      unit: 'messages to worker',
    })
    expect(result.headline).toBe(
      'worker killed: 189 messages from web were never taken up by worker; no request failed or became slow.',
    )
    expect(queueing).toMatchObject([
      { rule: { id: 'queueing.messages-never-taken-up' }, count: 189, grade: 'inferred', verdict: 'hurt' },
    ])
    expect(queueing[0].evidence).toHaveLength(3)
  })

  test('and never come of those of one instance are counted, whether or not others are late', () => {
    const world = queued({ ...kill, pods: 1 }, { worker: { pods: 2 } })
    const { spans } = simulate(world, 32, 'yes')
    const sentAt = new Map(spans.map(({ span }) => [span.spanId, span.startNs]))
    const lost = spans.filter(({ span, pod }) => {
      const at = sentAt.get(span.links?.[0]?.spanId ?? '')
      return at !== undefined && isInChaos(at) && !isInChaos(at - 12_000_000_000n) && pod === 'worker-0'
    })
    const { result, queueing } = told(world, 32, (spans) => neverTaken(spans, (pod) => pod === 'worker-0'))
    expect(queueing).toHaveLength(1)
    const [{ count, sentence }] = queueing
    expect(sentence).toContain('from web were never taken up by worker (of')
    expect(count).toBe(lost.length)
    expect(result.proof.tookEffect).toBe(true)
    expect(result.graph.edges.find(({ id }) => id === 'web>worker')?.label).toBe(`${count} never taken up`)
  })

  test('are not missed where nobody took up as many before, nor at the end of the data', () => {
    const untraced = told(queued(kill), 33, (spans) =>
      spans.filter(({ span }) => span.kind !== 5 || span.traceId < '8'),
    )
    expect(JSON.stringify(untraced.queueing)).not.toContain('never taken up')
    const cut = told(queued({ ...kill, downMs: 3000 }, { recoveryS: 2 }), 12)
    expect(JSON.stringify(cut.queueing)).not.toContain('never taken up')
  })

  test('are the fault of a consumer that was down for a part of its time', () => {
    const { result } = told(queued({ ...kill, downMs: 3000 }, { recoveryS: 2 }), 12)
    expect(result.headline).toMatch(
      /^worker killed made \d+ messages from web wait for worker, up to 2\.88 s/,
    )
    expect(result.chain[0].text).toBe('worker took messages up 1.83 s late')
  })

  test('accuse a consumer that shows in nothing else, where no fault is told', () => {
    const { headline, suspects } = told(queued(kill), 2, undefined, 'nobody').result
    expect(suspects).toEqual([
      {
        service: 'worker',
        score: 1,
        why: 'messages from web lay longer before it took them up (too long: 1.0 % before, 100 % during)',
      },
    ])
    expect(headline).toMatch(
      /^worker took messages up 8\.01 s late \(blind: no fault was told\), which made 287 messages/,
    )
  })

  test('are those of the consumer whose work is slow: each was met once, whether sent or taken up', () => {
    const { proof } = told(queued({ service: 'worker', kind: 'slow', times: 9 }), 3).result
    expect(proof).toMatchObject({ seen: 213, eligible: 213, unit: 'calls to worker' })
  })
})

describe('who sends messages', () => {
  const sentIn = (fault: Fault, seed: number): Findings => told(queued(fault), seed, inSendersTrace).result

  test('does not wait for who takes them up: what makes the sender slow is the fault', () => {
    const { impact } = sentIn({ service: 'web', kind: 'slow', times: 6 }, 41)
    const chaos = impact.find(({ phase }) => phase === 'chaos')
    expect(chaos?.slow).toBeGreaterThan(100)
    expect(chaos?.attributed).toBe(chaos?.slow)
  })

  test('sees nothing of how long they are worked on: the fault is told by who works', () => {
    const { proof, chain } = sentIn({ service: 'worker', kind: 'slow', times: 9 }, 3)
    expect(proof.deltaMs).toBeGreaterThan(55)
    expect(proof.deltaMs).toBeLessThan(75)
    expect(chain[0].text).toMatch(/^worker answered \d\d ms late$/)
  })
})

describe('messages that do not wait because of the fault', () => {
  test('lie as long as ever where the queue holds them back by design', () => {
    const world = queued(DELAY, { afterMs: 5000, worker: { takes: 50 } })
    for (const seed of [11, 12]) expect(told(world, seed).queueing).toEqual([])
  })

  test('are taken up at once by a consumer with room', () => {
    expect(told(queued(DELAY, { worker: { takes: 50 } }), 13).queueing).toEqual([])
  })

  test('that are linked to nobody are not guessed at', () => {
    expect(told(queued(DELAY), 14, withoutLinks).queueing).toEqual([])
  })

  test('wait for a consumer that more traffic fills: that is not the fault of a slow neighbour', () => {
    const fault: Fault = { service: 'store', kind: 'delay', ms: 1 }
    for (const seed of [15, 16, 17])
      expect(told(queued(fault, { chaosTrafficX: 2.6 }), seed).queueing).toEqual([])
  })

  test('lie a while, dozens together, before a consumer that is busy anyway', () => {
    const entries = [{ service: 'web', op: 'POST /order', rps: 37 }]
    for (const seed of [207, 221, 254])
      expect(
        told(queued({ service: 'worker', kind: 'slow', times: 1.02 }, { entries }), seed).queueing,
      ).toEqual([])
  })

  test('wait without any fault', () => {
    for (const seed of [18, 19, 20]) expect(told(queued(undefined), seed).queueing).toEqual([])
  })
})
