import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../model/random.ts'
import { readChaosObject } from '../windows/chaos-object.ts'
import type { History } from '../windows/history.ts'
import { readPod } from '../windows/pod-facts.ts'
import { podWindows } from '../windows/pod-windows.ts'
import { playScript } from '../windows/scripted-mesh.fixture.ts'
import { annotationChanges, wantedAnnotations } from './annotations.ts'
import { ExperimentBook } from './experiment-book.ts'
import { stateOf } from './experiment-json.ts'
import { experimentTrace } from './experiment-trace.ts'
import { decodeSighting, encodeSighting, type Sighting } from './sighting.ts'

const script = {
  kind: 'NetworkChaos' as const,
  pods: 2,
  rounds: 2,
  end: 'TimeUp' as const,
  aheadMs: 0,
  eventLoss: 0,
  watchGaps: 0,
  hasRecordEvents: true,
}

describe('ExperimentBook', () => {
  test('gives the windows of what it was told', () => {
    const { history, clock } = playScript({ ...script, random: seededRandom(3) })
    const book = bookOf(history)
    const [entry] = book.entries()
    if (entry === undefined) throw new Error('one experiment')
    const expected = podWindows(history, { ...clock, ...book.clockOf(entry) })
    expect(book.windowsOf(entry)).toEqual(expected)
    expect(book.windowsOf(entry).windows).toHaveLength(4)
  })

  test('a shortened journal leads to the same windows', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 2 }), (seed, watchGaps) => {
        const { history } = playScript({ ...script, watchGaps, random: seededRandom(seed) })
        const book = bookOf(history)
        const again = new ExperimentBook()
        for (const sighting of book.sightings()) {
          const read = decodeSighting(encodeSighting(sighting))
          if (read === undefined) throw new Error('a line that can be read')
          again.note(read)
        }
        expect(json(again)).toEqual(json(book))
      }),
      { numRuns: 200 },
    )
  })

  test('the same told twice is no news', () => {
    const { history } = playScript({ ...script, random: seededRandom(5) })
    const book = bookOf(history)
    const before = json(book)
    const events = sightingsOf(history).filter((one) => one.what === 'event' || one.what === 'rule')
    for (const one of events.filter((sighting) => sighting.what === 'event'))
      expect(book.note(one)).toEqual([])
    expect(json(book)).toEqual(before)
  })

  test('an experiment that is gone for a minute is archived with its windows, and told of no more', () => {
    const { history } = playScript({ ...script, rounds: 1, end: 'Deleted', random: seededRandom(7) })
    const book = bookOf(history)
    const [entry] = book.entries()
    const goneNs = (entry?.lastNs ?? 0n) + 1_000_000n
    book.note({ what: 'gone', uid: history.uid, seenNs: goneNs, live: true })
    expect(book.archive(goneNs + 59_000_000_000n)).toEqual([])
    const [archived] = book.archive(goneNs + 61_000_000_000n)
    expect(archived?.experiment).toMatchObject({ name: 'delay', state: 'archived' })
    expect(archived?.experiment.windows).toHaveLength(2)
    expect(archived?.events.length).toBeGreaterThan(4)
    for (const sighting of sightingsOf(history).filter((one) => one.what === 'event')) book.note(sighting)
    expect(book.entries()).toEqual([])
  })
})

describe('stateOf()', () => {
  const entryWith = (kind: string, status: object, metadata: object = {}) => {
    const book = new ExperimentBook()
    const object = readChaosObject({
      kind,
      metadata: { uid: 'u', name: 'n', namespace: 'shop', ...metadata },
      status,
    })
    if (object === undefined) throw new Error('an object')
    book.note({ what: 'object', object, seenNs: 1n, live: true })
    const [entry] = book.entries()
    if (entry === undefined) throw new Error('an entry')
    return stateOf(entry)
  }
  const conditions = (...types: readonly string[]) => ({
    conditions: types.map((type) => ({ type, status: 'True' })),
  })
  const paused = { annotations: { 'experiment.chaos-mesh.org/pause': 'true' } }

  test.each([
    ['injecting', 'NetworkChaos', {}, {}],
    ['running', 'NetworkChaos', conditions('Selected', 'AllInjected'), {}],
    ['paused', 'NetworkChaos', conditions('Selected', 'AllRecovered'), paused],
    ['finished', 'NetworkChaos', { ...conditions('AllRecovered'), experiment: { desiredPhase: 'Stop' } }, {}],
    ['deleting', 'NetworkChaos', {}, { deletionTimestamp: '2026-05-28T20:26:00Z', ...paused }],
    ['running', 'Schedule', {}, {}],
    ['running', 'Workflow', conditions('Scheduled'), {}],
    ['finished', 'Workflow', conditions('Scheduled', 'Accomplished'), {}],
  ])('%s: %s %j', (state, kind, status, metadata) => {
    expect(entryWith(kind, status, metadata)).toBe(state)
  })
})

describe('annotations', () => {
  const running = () => {
    const { history } = playScript({ ...script, rounds: 1, end: 'none', random: seededRandom(11) })
    const book = bookOf(history)
    for (const name of ['pod-0', 'pod-1', 'bystander']) notePod(book, name, undefined)
    return { book, history }
  }

  test('name the experiments in force on a pod', () => {
    expect([...wantedAnnotations(running().book)]).toEqual([
      ['shop/pod-0', 'shop/delay'],
      ['shop/pod-1', 'shop/delay'],
    ])
  })

  test('are written where they are missing, and removed where nothing is in force any more', () => {
    const { book } = running()
    notePod(book, 'pod-0', 'shop/delay')
    notePod(book, 'bystander', 'shop/an-old-one')
    expect(annotationChanges(book)).toEqual([
      { namespace: 'shop', pod: 'pod-1', value: 'shop/delay' },
      { namespace: 'shop', pod: 'bystander', value: undefined },
    ])
  })

  test('are not wanted once the object is gone', () => {
    const { book, history } = running()
    book.note({ what: 'gone', uid: history.uid, seenNs: 1n << 61n, live: true })
    expect([...wantedAnnotations(book)]).toEqual([])
  })
})

describe('experimentTrace()', () => {
  const traceOf = (end: 'TimeUp' | 'none') => {
    const { history } = playScript({ ...script, rounds: 1, end, random: seededRandom(13) })
    const book = bookOf(history)
    const [entry] = book.entries()
    if (entry === undefined) throw new Error('one experiment')
    return experimentTrace(entry, book.windowsOf(entry))
  }

  test('is the experiment, and an activity for each pod within it', () => {
    const [root, ...activities] = traceOf('TimeUp')
    expect(root?.name).toBe('experiment')
    expect(activities.map((one) => [one.name, one.attributes?.['k8s.pod.name']])).toEqual([
      ['activity: NetworkChaos delay', 'pod-0'],
      ['activity: NetworkChaos delay', 'pod-1'],
    ])
    for (const one of activities) {
      expect(one.parentSpanId).toBe(root?.spanId)
      expect(one.startNs >= (root?.startNs ?? 0n) && one.endNs <= (root?.endNs ?? 0n)).toBe(true)
      expect(one.events?.map((event) => event.name)).toEqual(['certain from', 'certain until'])
    }
  })

  test('has the same ids when it is made again', () => {
    expect(traceOf('TimeUp').map((one) => one.spanId)).toEqual(traceOf('TimeUp').map((one) => one.spanId))
  })

  test('is not there while the fault is', () => {
    expect(traceOf('none')).toEqual([])
  })
})

/** What a watcher would have told, one state after the other. */
function sightingsOf(history: History): readonly Sighting[] {
  const { object } = history
  if (object === undefined) throw new Error('an object')
  const bare = { ...object, desiredPhase: undefined, records: [] }
  const states: Sighting[] = [
    ...history.desired.map(({ desiredPhase, seenNs, live }) => ({
      what: 'object' as const,
      seenNs,
      live,
      object: { ...bare, desiredPhase },
    })),
    ...history.phases.map(({ id, selectorKey, phase, seenNs, live }) => ({
      what: 'object' as const,
      seenNs,
      live,
      object: {
        ...bare,
        desiredPhase: history.desired.findLast((one) => one.seenNs <= seenNs)?.desiredPhase,
        records: (object.records ?? [])
          .filter((record) => record.id === id && record.selectorKey === selectorKey)
          .map((record) => ({ ...record, phase })),
      },
    })),
  ]
  const others: Sighting[] = [
    ...history.events.map((event) => ({
      what: 'event' as const,
      event,
      seenNs: event.atNs + 5_000_000n,
      live: true,
    })),
    ...history.podChaos.map((one) => ({ what: 'rule' as const, ...one })),
  ]
  const ordered = [...states, ...others].toSorted((a, b) => Number(timeOf(a) - timeOf(b)))
  const lastNs = ordered.map(timeOf).reduce((a, b) => (a > b ? a : b), 0n)
  const first: Sighting = { what: 'object', seenNs: object.createdNs, live: false, object: bare }
  const last: Sighting = { what: 'object', seenNs: lastNs, live: true, object }
  return [first, ...ordered, last, ...history.gaps.map((gap) => ({ what: 'gap' as const, ...gap }))]
}

function timeOf(sighting: Sighting): bigint {
  return sighting.what === 'gap' ? sighting.untilNs : sighting.seenNs
}

function bookOf(history: History): ExperimentBook {
  const book = new ExperimentBook()
  for (const sighting of sightingsOf(history)) book.note(sighting)
  return book
}

function json(book: ExperimentBook): unknown {
  return book.entries().map((entry) => book.experiment(entry))
}

function notePod(book: ExperimentBook, name: string, experiment: string | undefined): void {
  const annotations = experiment === undefined ? {} : { 'chaos-mesh.org/experiment': experiment }
  const pod = readPod({ metadata: { uid: `u-${name}`, name, namespace: 'shop', annotations } })
  if (pod !== undefined) book.note({ what: 'pod', pod, gone: false, seenNs: 1n, live: false })
}
