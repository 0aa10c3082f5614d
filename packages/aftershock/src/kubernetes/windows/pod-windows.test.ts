import { describe, expect, test } from 'vitest'
import { parseRfc3339 } from '../../formats/rfc3339.ts'
import { readChaosEvent } from './chaos-event.ts'
import { readChaosObject } from './chaos-object.ts'
import type { History } from './history.ts'
import { certainOf, possibleOf } from './intervals.ts'
import { readPodChaos } from './pod-chaos.ts'
import { readPod } from './pod-facts.ts'
import { podWindows } from './pod-windows.ts'

// Times are seconds of one minute; the clocks agree, and a watch tells after at most 100 ms.
const CLOCK = { aheadNsMin: 0n, aheadNsMax: 0n, watchLatencyNsMax: 100_000_000n }
const ZERO_NS = parseRfc3339('2026-05-28T20:26:00Z') ?? 0n

describe('the start of a window', () => {
  test('lies between Started and Applied', () => {
    expect(boundsOf({ kind: 'StressChaos', events: ['1.1 Started', '1.3 Applied a'] })).toEqual([
      'a start 1.1 event..1.3 event',
    ])
  })

  test('is sharper for records taken in turn', () => {
    const events = ['1.1 Started', '1.3 Applied a', '1.45 Applied b']
    expect(boundsOf({ kind: 'StressChaos', records: ['a', 'b'], events })).toEqual([
      'a start 1.1 event..1.3 event',
      'b start 1.3 record-before..1.45 event',
    ])
  })

  test('is not sharper when a try before had failed: it may have left something behind', () => {
    const events = ['1.1 Started', '1.2 Failed', '1.3 Applied a', '1.45 Applied b']
    expect(boundsOf({ kind: 'StressChaos', records: ['a', 'b'], events })[1]).toBe(
      'b start 1.1 event..1.45 event',
    )
  })

  test('for NetworkChaos lies between the rule written to the pod and the daemon’s answer', () => {
    const events = ['1.0 Started', '1.4 Updated@a', '1.9 Applied a']
    const rules = ['0.5 a 1/1 -', '1.3 a 2/1 rule', '1.5 a 2/2 rule']
    expect(boundsOf({ kind: 'NetworkChaos', events, rules })).toEqual([
      'a start 1.2 pod-chaos..1.4 pod-chaos',
    ])
  })

  test('without the event: by the second of the record’s own list, cut by what was seen', () => {
    const events = ['1.1 Started']
    expect(boundsOf({ kind: 'StressChaos', events, listed: ['1 Apply'] })).toEqual([
      'a start 1.1 event..2 record-second',
    ])
    expect(boundsOf({ kind: 'StressChaos', events, listed: ['1 Apply'], phases: ['1.6 Injected'] })).toEqual([
      'a start 1.1 event..1.6 seen',
    ])
  })

  test('without anything but a sighting: from the creation on', () => {
    expect(boundsOf({ kind: 'StressChaos', phases: ['3 Injected'] })).toEqual(['a start 0 second..3 seen'])
  })
})

describe('the end of a window', () => {
  const begun = ['1.1 Started', '1.3 Applied a']

  test('lies between the word to stop and Recovered', () => {
    for (const word of ['TimeUp', 'Paused', 'Deleted'])
      expect(
        boundsOf({ kind: 'StressChaos', events: [...begun, `9 ${word}`, '9.2 Recovered a'] })[0],
      ).toMatch(/end 9 event..9.2 event$/)
  })

  test('is open while a recovery fails', () => {
    expect(boundsOf({ kind: 'StressChaos', events: [...begun, '9 Deleted', '9.2 Failed'] })[0]).toMatch(
      /end 9 event..open$/,
    )
  })

  test('with the word lost: not before the duration was over', () => {
    const [window] = boundsOf({
      kind: 'StressChaos',
      events: [...begun, '9.2 Recovered a'],
      spec: { duration: '8s' },
      counts: 1,
    })
    expect(window).toMatch(/end 8 duration..9.2 event$/)
  })

  test('with the word lost and no way to tell: certain only at its start', () => {
    const [window] = boundsOf({ kind: 'StressChaos', events: [...begun, '9.2 Recovered a'], counts: 2 })
    expect(window).toMatch(/end 1.3 none..9.2 event$/)
  })

  test('pause and resume give two windows', () => {
    const events = [...begun, '4 Paused', '4.1 Recovered a', '6 Started', '6.2 Applied a']
    expect(boundsOf({ kind: 'StressChaos', events })).toEqual([
      'a start 1.1 event..1.3 event end 4 event..4.1 event',
      'a start 6 event..6.2 event',
    ])
  })

  test('an object that went while nobody watched has ended by when it was missed', () => {
    expect(boundsOf({ kind: 'StressChaos', events: begun, goneAt: 30 })[0]).toMatch(/end 1.3 none..30 seen$/)
  })
})

describe('holes', () => {
  const events = ['1.1 Started', '1.3 Applied a']

  test('a replaced pod loses the fault for sure, whatever the record says', () => {
    const { windows } = podWindows(
      historyOf({ kind: 'NetworkChaos', events, pods: ['0.5 uid=1', '7 uid=2'] }),
      CLOCK,
    )
    expect(windows[0]?.holes.map(({ kind, lost }) => [kind, lost])).toEqual([['pod-replaced', 'surely']])
    expect(secondsOf(windows[0] && possibleOf(windows[0]))).toEqual([1.1, 7])
    expect(secondsOf(windows[0] && certainOf(windows[0]))).toEqual([1.3, 6.9])
  })

  test('a restarted container may have lost it: certain only until then', () => {
    const { windows } = podWindows(
      historyOf({ kind: 'NetworkChaos', events, pods: ['0.5 uid=1', '6 uid=1', '7 uid=1 restarts=1'] }),
      CLOCK,
    )
    expect(windows[0]?.holes[0]).toMatchObject({ kind: 'container-restarted', lost: 'maybe' })
    expect(secondsOf(windows[0] && certainOf(windows[0]))).toEqual([1.3, 6.9])
    expect(secondsOf(windows[0] && possibleOf(windows[0]))).toEqual([1.1, undefined])
  })

  test('restarts are pod-failure’s own doing', () => {
    const { windows } = podWindows(
      historyOf({
        kind: 'PodChaos',
        spec: { action: 'pod-failure' },
        events,
        pods: ['0.5 uid=1', '7 uid=1 restarts=1'],
      }),
      CLOCK,
    )
    expect(windows[0]?.holes).toEqual([])
  })

  test('a rule that vanished from the pod’s object is a hole', () => {
    const rules = ['0.5 a 1/1 -', '1.2 a 2/1 rule', '1.25 a 2/2 rule', '8 a 3/3 -']
    const { windows } = podWindows(
      historyOf({ kind: 'NetworkChaos', events, rules, phases: ['1.4 Injected'] }),
      CLOCK,
    )
    expect(windows[0]?.holes[0]).toMatchObject({ kind: 'rule-lost', lost: 'surely' })
  })

  test('more injections counted than seen are declared unknown', () => {
    const { unknown } = podWindows(historyOf({ kind: 'StressChaos', events, counts: 3 }), CLOCK)
    expect(unknown).toEqual(['shop/a was injected 3 times, and the times of 2 are not known'])
  })
})

describe('pod-kill', () => {
  const events = ['1.1 Started', '1.3 Applied a']
  const spec = { action: 'pod-kill' }

  test('is an instant, and lasts until the one in its stead is ready', () => {
    const pods = [
      '0.5 uid=1 owner=rs ready=0',
      '1.5 uid=1 owner=rs gone',
      '2 uid=2 owner=rs name=b',
      '6.3 uid=2 owner=rs name=b ready=6',
    ]
    const { windows } = podWindows(historyOf({ kind: 'PodChaos', spec, events, pods }), CLOCK)
    expect(windows[0]?.instant).toBe(true)
    expect(secondsOf(windows[0] && possibleOf(windows[0]))).toEqual([1.1, 6.3])
  })

  test('has no end while nothing is ready in its stead', () => {
    const pods = [
      '0.5 uid=1 owner=rs ready=0',
      '0.6 uid=3 owner=rs name=c ready=0',
      '1.5 uid=1 owner=rs gone',
    ]
    const { windows } = podWindows(historyOf({ kind: 'PodChaos', spec, events, pods }), CLOCK)
    expect(windows[0]?.end).toBeUndefined()
  })
})

test('events alone, of an object that was gone before we came, still give its window', () => {
  const history = historyOf({
    kind: 'StressChaos',
    events: ['1.1 Started', '1.3 Applied a', '9 Deleted', '9.2 Recovered a'],
    goneAt: 40,
  })
  const { windows } = podWindows({ ...history, object: undefined }, CLOCK)
  expect(secondsOf(windows[0] && certainOf(windows[0]))).toEqual([1.3, 9])
})

type Told = {
  readonly kind: string
  readonly spec?: object
  readonly records?: readonly string[]
  /** `<second> <reason> [<record> | @<pod>]` */
  readonly events?: readonly string[]
  /** `<second> <operation>`: the record's own list. */
  readonly listed?: readonly string[]
  readonly phases?: readonly string[]
  /** `<second> <pod> <generation>/<observed> rule|-` */
  readonly rules?: readonly string[]
  /** `<second> uid=… [name=…] [owner=…] [restarts=…] [ready=<second>] [gone]` */
  readonly pods?: readonly string[]
  readonly counts?: number
  readonly goneAt?: number
}

function nsOf(second: string | number): bigint {
  return ZERO_NS + BigInt(Math.round(Number(second) * 1e9))
}

function stampOf(second: string | number): string {
  return new Date(Number(nsOf(second) / 1_000_000n)).toISOString().replace(/\.\d+Z/, 'Z')
}

function historyOf(told: Told): History {
  const { kind, records = ['a'] } = told
  const newest = told.phases?.at(-1)?.split(' ').slice(1).join(' ')
  const id = (name: string): string => `shop/${name}`
  const object = readChaosObject({
    kind,
    metadata: { uid: 'u', namespace: 'shop', name: 'x', creationTimestamp: stampOf(0) },
    spec: told.spec ?? {},
    status: {
      experiment: {
        containerRecords: records.map((name) => ({
          id: id(name),
          selectorKey: '.',
          phase: newest ?? 'Injected',
          ...(told.counts !== undefined && { injectedCount: told.counts }),
          events: (told.listed ?? []).map((line) => {
            const [second, operation] = line.split(' ')
            return { type: 'Succeeded', operation, timestamp: stampOf(second ?? 0) }
          }),
        })),
      },
    },
  })
  return {
    uid: 'u',
    kind,
    namespace: 'shop',
    name: 'x',
    object,
    events: (told.events ?? []).flatMap((line) => eventOf(line, kind)),
    phases: (told.phases ?? []).map((line) => {
      const [second, ...phase] = line.split(' ')
      return {
        id: id('a'),
        selectorKey: '.',
        phase: phase.join(' ') as 'Injected',
        seenNs: nsOf(second ?? 0),
        live: true,
      }
    }),
    desired: [],
    podChaos: (told.rules ?? []).flatMap(ruleOf),
    pods: (told.pods ?? []).flatMap(podOf),
    gaps: [],
    goneNs: told.goneAt === undefined ? undefined : nsOf(told.goneAt),
  }
}

function eventOf(line: string, kind: string): History['events'] {
  const [second = '', word = '', record] = line.split(' ')
  const [reason, pod] = word.split('@')
  const name = pod ?? 'x'
  const event = readChaosEvent({
    metadata: {
      name: `${name}.${nsOf(second).toString(16)}`,
      namespace: 'shop',
      annotations: record === undefined ? {} : { 'chaos-mesh.org/id': `shop/${record}` },
    },
    involvedObject: { kind: pod === undefined ? kind : 'PodNetworkChaos', name, namespace: 'shop', uid: 'u' },
    reason,
    firstTimestamp: stampOf(second),
    source: { component: pod === undefined ? 'records' : 'podnetworkchaos' },
  })
  return event === undefined ? [] : [event]
}

function ruleOf(line: string): History['podChaos'] {
  const [second = '', name, generations = '', rule] = line.split(' ')
  const [generation, observedGeneration] = generations.split('/').map(Number)
  const podChaos = readPodChaos({
    kind: 'PodNetworkChaos',
    metadata: { name, namespace: 'shop', generation },
    spec: { tcs: rule === 'rule' ? [{ source: 'shop/x' }] : [] },
    status: { observedGeneration },
  })
  return podChaos === undefined ? [] : [{ podChaos, seenNs: nsOf(second), live: true }]
}

function podOf(line: string): History['pods'] {
  const [second = '', ...words] = line.split(' ')
  const word = (name: string): string | undefined =>
    words.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1)
  const ready = word('ready')
  const owner = word('owner')
  const pod = readPod({
    metadata: {
      uid: word('uid'),
      namespace: 'shop',
      name: word('name') ?? 'a',
      creationTimestamp: stampOf(word('name') === undefined ? 0 : second),
      ownerReferences: owner === undefined ? [] : [{ controller: true, uid: owner, name: owner }],
    },
    status: {
      conditions:
        ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: stampOf(ready) }],
      containerStatuses: [
        {
          name: 'main',
          containerID: `c${word('restarts') ?? 0}`,
          restartCount: Number(word('restarts') ?? 0),
        },
      ],
    },
  })
  return pod === undefined ? [] : [{ pod, gone: words.includes('gone'), seenNs: nsOf(second), live: true }]
}

function secondOf(ns: bigint | undefined): number | undefined {
  return ns === undefined ? undefined : Number(ns - ZERO_NS) / 1e9
}

function secondsOf(interval: { startNs: bigint; endNs: bigint | undefined } | undefined) {
  return interval === undefined ? undefined : [secondOf(interval.startNs), secondOf(interval.endNs)]
}

/** `<pod> start <earliest>..<latest> [end …]` */
function boundsOf(told: Told): readonly string[] {
  const text = (bound: { atNs: bigint; by: string } | undefined): string =>
    bound === undefined ? 'open' : `${secondOf(bound.atNs)} ${bound.by}`
  return podWindows(historyOf(told), CLOCK).windows.map(({ place, start, end }) => {
    const ended = end === undefined ? '' : ` end ${text(end.earliest)}..${text(end.latest)}`
    return `${place.pod} start ${text(start.earliest)}..${text(start.latest)}${ended}`
  })
}
