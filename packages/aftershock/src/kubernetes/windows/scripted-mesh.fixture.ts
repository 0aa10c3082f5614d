import { rfc3339 } from '../../formats/rfc3339.ts'
import { type ChaosEvent, readChaosEvent } from './chaos-event.ts'
import { readChaosObject } from './chaos-object.ts'
import { type ClockSample, type ControllerClock, controllerClock } from './controller-clock.ts'
import type { History, PhaseSighting, Seen } from './history.ts'
import { type PodChaos, readPodChaos } from './pod-chaos.ts'

/**
 * Plays the order of Chaos Mesh's status and events (chaosmesh.md 2.6) with a known truth: when the fault
 * really was in force on each pod.
 */
export type Script = {
  readonly kind: 'NetworkChaos' | 'StressChaos'
  readonly pods: number
  /** Pause and resume make several. */
  readonly rounds: number
  readonly end: 'TimeUp' | 'Deleted' | 'none'
  /** The controller's clock minus ours. */
  readonly aheadMs: number
  /** Chance 0–1 for each Event to be lost. */
  readonly eventLoss: number
  /** The watch was away so many times; after each a list shows how things stand. */
  readonly watchGaps: number
  /** Whether the object keeps its list of events (Chaos Mesh 2.3 and later). */
  readonly hasRecordEvents: boolean
  readonly random: () => number
}

export type Truth = {
  readonly recordId: string
  readonly round: number
  readonly fromNs: bigint
  readonly untilNs: bigint | undefined
}

export type Played = {
  readonly history: History
  readonly clock: ControllerClock
  readonly truths: readonly Truth[]
}

const MS = 1_000_000n
const EPOCH_NS = 1_780_000_000_123_456_789n
const OBJECT = { namespace: 'shop', name: 'delay' }

type RecordState = {
  readonly id: string
  readonly pod: string
  phase: PhaseSighting['phase']
  readonly events: { operation: string; type: string; timestamp: string }[]
  injectedCount: number
  recoveredCount: number
  generation: number
}

/** @returns all that there was to be seen of it, and what was true */
export function playScript(script: Script): Played {
  const stage = openStage(script)
  const createdNs = stage.nowNs()
  const truths: Truth[] = []
  const { records } = stage
  for (const record of records) if (script.kind === 'NetworkChaos') stage.showRule(record, false, 1)
  for (let round = 1; round <= script.rounds; round++) {
    const from = turn(stage, script, true, 'Started')
    hold(stage)
    const reason = round < script.rounds ? 'Paused' : script.end
    const until = reason === 'none' ? undefined : turn(stage, script, false, reason)
    records.forEach((record, i) => {
      truths.push({ recordId: record.id, round, fromNs: from[i] ?? 0n, untilNs: until?.[i] })
    })
    hold(stage)
  }
  const gaps = gapsIn(createdNs, stage.nowNs(), script)
  const { events, samples, changes } = stage
  const history: History = {
    uid: 'u-1',
    kind: script.kind,
    ...OBJECT,
    object: readChaosObject(objectJson(script, records, createdNs)),
    events,
    ...watchChanges(changes, gaps),
    pods: [],
    gaps,
    goneNs: undefined,
  }
  return { history, clock: controllerClock(samples), truths }
}

/** Nobody pauses and resumes within a blink. */
function hold(stage: Stage): void {
  stage.pass(3000)
  for (let i = 0; i < 20; i++) stage.pass(200)
}

/** The world of a script: its clock, its records, and all that it says. */
type Stage = {
  readonly records: readonly RecordState[]
  readonly events: ChaosEvent[]
  readonly samples: ClockSample[]
  readonly changes: Change[]
  nowNs(): bigint
  /** Time passes, at most so much; it is then. */
  pass(mostMs: number): bigint
  emit(reason: string, about: { kind: string; name: string }, recordId?: string): void
  /** A state of an object that a watch would bring. */
  change(stream: string, state: State): void
  showRule(record: RecordState, hasRule: boolean, observedGeneration: number): void
}

function openStage(script: Script): Stage {
  const { random } = script
  let nowNs = EPOCH_NS + BigInt(Math.floor(random() * 1e9))
  let lastSeenNs = 0n
  const see = (): bigint => {
    const seenNs = nowNs + BigInt(1 + Math.floor(random() * 200)) * MS
    lastSeenNs = seenNs > lastSeenNs ? seenNs : lastSeenNs
    return lastSeenNs
  }
  const stage: Stage = {
    records: Array.from({ length: script.pods }, (_, i) => recordState(script, `pod-${i}`)),
    events: [],
    samples: [],
    changes: [],
    nowNs: () => nowNs,
    pass: (mostMs) => {
      nowNs += BigInt(1 + Math.floor(random() * mostMs * 1e6))
      return nowNs
    },
    emit: (reason, about, recordId) => {
      const atNs = nowNs + BigInt(script.aheadMs) * MS
      const read = readChaosEvent(eventJson(reason, about, atNs, recordId))
      if (read === undefined) throw new Error('the fixture writes events that can be read')
      stage.samples.push({ emittedNs: atNs, seenNs: see() })
      if (random() >= script.eventLoss) stage.events.push(read)
    },
    change: (stream, state) => {
      stage.changes.push({ stream, atNs: nowNs, seenNs: see(), state })
    },
    showRule: (record, hasRule, observedGeneration) => {
      const read = readPodChaos(podNetworkJson(record, hasRule, observedGeneration))
      if (read === undefined) throw new Error('the fixture writes objects that can be read')
      stage.change(`rule ${record.id}`, { kind: 'rule', podChaos: read })
    },
  }
  return stage
}

function recordState(script: Script, pod: string): RecordState {
  const id = script.kind === 'NetworkChaos' ? `shop/${pod}` : `shop/${pod}/main`
  return { id, pod, phase: 'Not Injected', events: [], injectedCount: 0, recoveredCount: 0, generation: 1 }
}

/** Everything is applied, or recovered: the word, each record in turn, and the states in the end. */
function turn(stage: Stage, script: Script, isIn: boolean, reason: string): readonly bigint[] {
  stage.pass(30)
  stage.emit(reason, { kind: script.kind, name: OBJECT.name })
  stage.pass(5)
  stage.change('desired', { kind: 'desired', desiredPhase: isIn ? 'Run' : 'Stop' })
  const acted = stage.records.map((record) =>
    script.kind === 'NetworkChaos'
      ? actByPodChaos(stage, script, record, isIn)
      : actAtOnce(stage, script, record, isIn),
  )
  for (const record of stage.records) show(stage, record, isIn ? 'Injected' : 'Not Injected')
  return acted
}

function actAtOnce(stage: Stage, script: Script, record: RecordState, isIn: boolean): bigint {
  const actedNs = stage.pass(120)
  stage.pass(40)
  note(stage, script, record, isIn)
  return actedNs
}

/** Through the object per pod: written, done by the daemon, observed, noted. */
function actByPodChaos(stage: Stage, script: Script, record: RecordState, isIn: boolean): bigint {
  stage.pass(10)
  const before = record.generation
  record.generation += 1
  stage.showRule(record, isIn, before)
  show(stage, record, isIn ? 'Not Injected/Wait' : 'Injected/Wait')
  const actedNs = stage.pass(80)
  stage.pass(20)
  stage.showRule(record, isIn, record.generation)
  stage.pass(2)
  stage.emit('Updated', { kind: 'PodNetworkChaos', name: record.pod })
  stage.pass(50)
  note(stage, script, record, isIn)
  return actedNs
}

function show(stage: Stage, record: RecordState, phase: RecordState['phase']): void {
  record.phase = phase
  stage.change(`phase ${record.id}`, { kind: 'phase', id: record.id, selectorKey: '.', phase })
}

/** In the record's own list, and as an Event. */
function note(stage: Stage, script: Script, record: RecordState, isIn: boolean): void {
  const operation = isIn ? 'Apply' : 'Recover'
  const timestamp = secondOf(stage.nowNs() + BigInt(script.aheadMs) * MS)
  record.events.push({ operation, type: 'Succeeded', timestamp })
  if (isIn) record.injectedCount += 1
  else record.recoveredCount += 1
  stage.pass(1)
  stage.emit(isIn ? 'Applied' : 'Recovered', { kind: script.kind, name: OBJECT.name }, record.id)
}

type State =
  | { readonly kind: 'desired'; readonly desiredPhase: 'Run' | 'Stop' }
  | { readonly kind: 'rule'; readonly podChaos: PodChaos }
  | ({ readonly kind: 'phase' } & Omit<PhaseSighting, keyof Seen>)

type Change = {
  readonly stream: string
  readonly atNs: bigint
  readonly seenNs: bigint
  readonly state: State
}

type Gap = { readonly fromNs: bigint; readonly untilNs: bigint }

function gapsIn(fromNs: bigint, untilNs: bigint, script: Script): readonly Gap[] {
  const span = Number(untilNs - fromNs)
  return Array.from({ length: script.watchGaps }, () => {
    const [a, b] = [script.random(), script.random()].map((one) => fromNs + BigInt(Math.floor(one * span)))
    return { fromNs: a < b ? a : b, untilNs: a < b ? b : a }
  })
}

/** What was in a gap is not seen; the list at its end shows the last state of each object. */
function watchChanges(
  changes: readonly Change[],
  gaps: readonly Gap[],
): Pick<History, 'phases' | 'desired' | 'podChaos'> {
  const isIn = (change: Change, gap: Gap): boolean => change.atNs >= gap.fromNs && change.atNs < gap.untilNs
  const lists = gaps.flatMap((gap) => {
    const hidden = changes.filter((one) => isIn(one, gap))
    const last = new Map(hidden.map((one) => [one.stream, one]))
    return [...last.values()].map((one) => ({ ...one, seenNs: gap.untilNs + 5n * MS, live: false }))
  })
  const live = changes
    .filter((one) => !gaps.some((gap) => isIn(one, gap)))
    .map((one) => ({ ...one, live: true }))
  // A list tells how things stand then, not how they stood before what is known already.
  const seen = [...lists, ...live]
    .toSorted((a, b) => Number(a.seenNs - b.seenNs))
    .filter(
      (one, i, all) => !all.slice(0, i).some((old) => old.stream === one.stream && old.atNs >= one.atNs),
    )
  const of = <Kind extends State['kind']>(kind: Kind) =>
    seen.flatMap(({ state, seenNs, live }) =>
      state.kind === kind ? [{ ...(state as Extract<State, { kind: Kind }>), seenNs, live }] : [],
    )
  return { phases: of('phase'), desired: of('desired'), podChaos: of('rule') }
}

function secondOf(ns: bigint): string {
  return `${rfc3339(ns - (ns % 1_000_000_000n)).slice(0, 19)}Z`
}

function eventJson(
  reason: string,
  about: { kind: string; name: string },
  atNs: bigint,
  recordId: string | undefined,
): object {
  return {
    metadata: {
      name: `${about.name}.${atNs.toString(16)}`,
      namespace: OBJECT.namespace,
      annotations: recordId === undefined ? {} : { 'chaos-mesh.org/id': recordId },
    },
    involvedObject: { kind: about.kind, name: about.name, namespace: OBJECT.namespace, uid: 'u-1' },
    reason,
    type: 'Normal',
    firstTimestamp: secondOf(atNs),
    count: 1,
    source: { component: about.kind === 'PodNetworkChaos' ? 'podnetworkchaos' : 'records' },
  }
}

function podNetworkJson(record: RecordState, hasRule: boolean, observedGeneration: number): object {
  return {
    kind: 'PodNetworkChaos',
    metadata: { name: record.pod, namespace: OBJECT.namespace, generation: record.generation },
    spec: { tcs: hasRule ? [{ type: 'netem', source: `${OBJECT.namespace}/${OBJECT.name}` }] : [] },
    status: { observedGeneration },
  }
}

function objectJson(script: Script, records: readonly RecordState[], createdNs: bigint): object {
  return {
    kind: script.kind,
    metadata: { uid: 'u-1', ...OBJECT, generation: 9, creationTimestamp: secondOf(createdNs) },
    spec: { action: 'delay', mode: 'all', delay: { latency: '100ms' } },
    status: {
      experiment: {
        desiredPhase: script.end === 'none' ? 'Run' : 'Stop',
        containerRecords: records.map((record) => ({
          id: record.id,
          selectorKey: '.',
          phase: record.phase,
          ...(script.hasRecordEvents
            ? {
                injectedCount: record.injectedCount,
                recoveredCount: record.recoveredCount,
                events: record.events,
              }
            : {}),
        })),
      },
    },
  }
}
