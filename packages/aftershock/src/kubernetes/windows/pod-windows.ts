import type { Bound } from './bound.ts'
import { type ControllerClock, earliestOurs } from './controller-clock.ts'
import { type EndBounds, endBounds } from './end-bounds.ts'
import { type History, type RecordPlace, roleOf } from './history.ts'
import { type Hole, holesOf } from './holes.ts'
import { isInstant, killEffectEnd } from './kill-effect.ts'
import { marksOf } from './marks.ts'
import { type RecordContext, recordContexts } from './record-context.ts'
import { type Round, roundsOf } from './rounds.ts'
import { type RoundBefore, type StartBounds, startBounds } from './start-bounds.ts'

/** One time in which one chaos object acted on one pod (or machine), with both bounds of each end. */
export type PodWindow = {
  readonly recordId: string
  readonly place: RecordPlace
  /** `peer`: nothing is installed here; it is the other end of a network fault. */
  readonly role: 'target' | 'peer'
  /** Counts from 1: a paused and resumed experiment has several. */
  readonly round: number
  readonly start: StartBounds
  /** Undefined: in force, and nobody asked for its end. */
  readonly end: EndBounds | undefined
  readonly holes: readonly Hole[]
  /** The fault was a moment (a kill); the window is how long the pod was missing. */
  readonly instant: boolean
}

export type HistoryWindows = {
  readonly windows: readonly PodWindow[]
  /** What is known to have been missed: the windows there are do not tell all. */
  readonly unknown: readonly string[]
}

/** The windows of one chaos object, by chaosmesh.md section 2.3; pure, so that any history can be judged again. */
export function podWindows(history: History, clock: ControllerClock): HistoryWindows {
  const contexts = recordContexts(history, clock)
  const found = contexts.map(windowsOfRecord)
  return {
    windows: found.flatMap((one) => one.windows),
    unknown: [...found.flatMap((one) => one.unknown), ...neverSelected(history, contexts)],
  }
}

function windowsOfRecord(context: RecordContext): HistoryWindows {
  const { history, clock, records } = context
  const marks = marksOf(records, context.events, context.phases, clock)
  const rounds = roundsOf(marks, Math.max(1, records.length))
  const windows: PodWindow[] = []
  let before: RoundBefore = {
    earliest: { atNs: history.object?.createdNs ?? 0n, by: 'second' },
    overNs: undefined,
  }
  for (const round of rounds) {
    const window = windowOf(context, { round, before, number: windows.length + 1, of: rounds.length })
    if (window === undefined) continue
    windows.push(window)
    before = {
      earliest: endOf(context, round, window),
      overNs: window.end?.latest?.atNs ?? window.start.latest.atNs,
    }
  }
  return { windows, unknown: missed(context, windows.length) }
}

/** `of`: how many rounds are known. */
type RoundPlace = {
  readonly round: Round
  readonly before: RoundBefore
  readonly number: number
  readonly of: number
}

function windowOf(context: RecordContext, { round, before, number, of }: RoundPlace): PodWindow | undefined {
  const { history } = context
  const start = startBounds(context, round, before)
  if (start === undefined) return undefined
  const instant = isInstant(history.kind, history.object?.action)
  const end = instant ? killEffectEnd(context, start) : endBounds(context, round, start)
  const { object } = history
  const isTarget =
    object === undefined ||
    context.records.length === 0 ||
    context.records.some((record) => roleOf(object, record) === 'target')
  return {
    recordId: context.id,
    place: context.place,
    role: isTarget ? 'target' : 'peer',
    round: number,
    start,
    end,
    holes: holesOf(context, start, end?.earliest.atNs, of),
    instant,
  }
}

/** Before this the next round cannot have begun. */
function endOf(context: RecordContext, round: Round, window: PodWindow): Bound {
  const recoveredNs = round.recovered?.controllerNs
  if (recoveredNs !== undefined) return { atNs: earliestOurs(context.clock, recoveredNs), by: 'event' }
  return window.end?.earliest ?? window.start.latest
}

/** The controller counts; what it counted and we have no window for was missed. */
function missed(context: RecordContext, known: number): readonly string[] {
  if (isInstant(context.history.kind, context.history.object?.action)) return []
  const { gaps } = context.history
  const isCounted = context.records.every((record) => record.injectedCount !== undefined)
  if (gaps.length > 0 && (context.records.length === 0 || !isCounted))
    return [
      `nobody watched ${context.id} all the time, and its Chaos Mesh does not count: injections may be missing`,
    ]
  return context.records.flatMap((record) =>
    record.injectedCount !== undefined && record.injectedCount > known
      ? [
          `${context.id} was injected ${record.injectedCount} times, and the times of ${record.injectedCount - known} are not known`,
        ]
      : [],
  )
}

function neverSelected(history: History, contexts: readonly RecordContext[]): readonly string[] {
  if (contexts.length > 0) return []
  const failed = history.events.findLast((event) => event.reason === 'Failed')
  return failed === undefined ? [] : [failed.message]
}
