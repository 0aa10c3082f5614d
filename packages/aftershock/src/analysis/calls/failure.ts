import { CLIENT } from '../../model/span-kind.ts'
import { Protocol } from '../../model/span-table.ts'
import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { columnOf } from '../numbers/columns.ts'
import { summed } from '../numbers/sums.ts'
import { TextClass, TextClasses } from './text-class.ts'
import { workEndNs } from './work-end.ts'

/**
 * How a span ended. `error`: an error of its own or an answer that is one; `timeout`: stopped waiting;
 * `rejected`: a breaker let it not through; `network`: refused, reset; `dns`: the name was not found; `shed`: refused for
 * lack of capacity; `cancelled`: given up because its own caller left.
 */
export const Fail = {
  ok: 0,
  error: 1,
  timeout: 2,
  rejected: 3,
  network: 4,
  shed: 5,
  cancelled: 6,
  dns: 8,
} as const
export const FAIL_NAMES = [
  'ok',
  'error',
  'timeout',
  'rejected',
  'network',
  'shed',
  'cancelled',
  'timeout',
  'dns',
  'timeout',
] as const

/** A refusal answers at once: faster than this, or than nearly every good answer. */
export const AT_ONCE_NS = 2e6

/** As a site's kind only: a time-out whose callee was still at work when the limit was nearly used up. */
export const SLOW_CALLEE = 7
/** A time-out of a caller that waited for a connection of its own pool: the callee was never asked. */
export const OWN_POOL = 9

export type Failures = {
  readonly fail: Uint8Array
  /** Owner spans whose exception names a breaker although no call of theirs does. */
  readonly speaksOfBreaker: Uint8Array
}

/** Codes by which a gRPC *server* failed; the others are the caller's own mistakes. */
const GRPC_SERVER_FAILURES: ReadonlySet<number> = new Set([2, 4, 8, 10, 12, 13, 14, 15])
/** Codes that tell a gRPC client that the call did not work, of whoever's making. */
const GRPC_CLIENT_FAILURES: ReadonlySet<number> = new Set([1, 2, 4, 8, 10, 12, 13, 14, 15])

/**
 * Decides for each span whether and how it failed, in whatever dialect it says so. A 4xx is the caller's
 * mistake, not a failure of the service, but for 408 and 429.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status
 */
export function failuresOf(forest: Forest, answersAreTold: Uint8Array): Failures {
  const classes = new TextClasses(forest.table.strings)
  const fail = columnOf(Uint8Array, forest.length)
  const speaksOfBreaker = columnOf(Uint8Array, forest.length)
  for (let p = 0; p < forest.length; p++) {
    const isCall = forest.callee[p] !== -1
    if (forest.untold[p] === 1) continue
    fail[p] = isCall
      ? callFailure(forest, classes, p, answersAreTold[forest.service[p]] === 1)
      : workFailure(forest, classes, p)
    if (fail[p] !== Fail.ok && !isCall && textClass(forest, classes, p) === TextClass.breaker)
      speaksOfBreaker[p] = 1
  }
  untoldFailures(forest, fail)
  cancelledByCaller(forest, classes, fail)
  return { fail, speaksOfBreaker }
}

/** A call that nobody tells of failed as its answer did. */
function untoldFailures({ untold, kind, server }: Forest, fail: Uint8Array): void {
  for (let p = 0; p < untold.length; p++) {
    if (untold[p] === 1 && kind[p] === CLIENT) fail[p] = fail[server[p]]
  }
}

/** Calls by service: how many an answer's status could be on, and how many have one. */
export type TellingSeen = { readonly calls: Float64Array; readonly told: Float64Array }

type Calls = Pick<Forest, 'table' | 'row' | 'untold' | 'service' | 'callee' | 'kind'>

export function tellingSeen(
  { table, row: rows, untold, service, callee, kind }: Calls,
  services: number,
): TellingSeen {
  const told = new Float64Array(services)
  const calls = new Float64Array(services)
  for (let p = 0; p < rows.length; p++) {
    if (callee[p] === -1 || kind[p] !== CLIENT || untold[p] === 1) continue
    const row = rows[p]
    if (!isRequest(table.protocol[row])) continue
    if (table.status[row] === 2 && table.httpStatus[row] === 0) continue
    calls[service[p]] += 1
    if (table.httpStatus[row] > 0 || table.grpcStatus[row] !== 255) told[service[p]] += 1
  }
  return { calls, told }
}

export function joinedTelling(seen: readonly TellingSeen[]): TellingSeen {
  return { calls: summed(seen.map((s) => s.calls)), told: summed(seen.map((s) => s.told)) }
}

/** 1 for services whose instrumentation puts a status on answered calls, so that its absence means no answer. */
export function callersThatTellAnswers(seen: readonly TellingSeen[]): Uint8Array {
  const { calls, told } = joinedTelling(seen)
  return Uint8Array.from(calls, (n, s) => (n > 0 && told[s] >= n * 0.5 ? 1 : 0))
}

function isRequest(protocol: number): boolean {
  return (protocol & (Protocol.http | Protocol.grpc)) !== 0 && (protocol & Protocol.db) === 0
}

function textClass(forest: Forest, classes: TextClasses, p: number): number {
  const { table } = forest
  const row = forest.row[p]
  const flagged = classes.ofFlags(table.responseFlags[row])
  if (flagged !== TextClass.none) return flagged
  const own = ownWords(forest, classes, p)
  return own === TextClass.none ? classes.ofFlags(flagsOfProxy(forest, p)) : own
}

/** What its own proxy noted about a call. */
function flagsOfProxy({ proxied, table }: Forest, p: number): number {
  return proxied.length === 0 || proxied[p] === -1 ? 0 : table.responseFlags[proxied[p]]
}

function ownWords({ table, row: rows }: Forest, classes: TextClasses, p: number): number {
  const row = rows[p]
  // Nearly every span says nothing; the first that says something is believed, but for these two.
  const type = classes.ofText(table.errorType[row])
  const message = classes.ofText(table.errorMessage[row])
  const status = classes.ofText(table.statusMessage[row])
  for (const preferred of PREFERRED) {
    if (type === preferred || message === preferred || status === preferred) return preferred
  }
  return type || message || status
}

const PREFERRED: readonly number[] = [TextClass.breaker, TextClass.timeout]

/** An error of its own, or the status it answered with, says that something took too long. */
export function saysTimedOut(forest: Forest, classes: TextClasses, p: number): boolean {
  const row = forest.row[p]
  const { httpStatus, grpcStatus } = forest.table
  if (httpStatus[row] === 504 || httpStatus[row] === 408 || grpcStatus[row] === 4) return true
  return textClass(forest, classes, p) === TextClass.timeout
}

function workFailure(forest: Forest, classes: TextClasses, p: number): number {
  const { table } = forest
  const row = forest.row[p]
  const http = table.httpStatus[row]
  const grpc = table.grpcStatus[row]
  if (http === 429 || grpc === 8) return Fail.shed
  if (http >= 400 && http < 500 && http !== 408) return Fail.ok
  // A bulkhead or a rate limiter of its own: whoever fails for want of another's room has a failed call below.
  if (http === 503 && textClass(forest, classes, p) === TextClass.shed) return Fail.shed
  if (http >= 500 || http === 408) return Fail.error
  if (grpc !== 255 && grpc !== 0) return GRPC_SERVER_FAILURES.has(grpc) ? Fail.error : Fail.ok
  if (table.status[row] !== 2) return Fail.ok
  return textClass(forest, classes, p) === TextClass.shed ? Fail.shed : Fail.error
}

function callFailure(forest: Forest, classes: TextClasses, p: number, tellsAnswers: boolean): number {
  const { table } = forest
  const row = forest.row[p]
  const http = table.httpStatus[row]
  const grpc = table.grpcStatus[row]
  const answer = forest.server[p]
  const said = textClass(forest, classes, p)
  const isError = table.status[row] === 2
  if (said === TextClass.breaker && answer === -1 && (isError || http >= 500 || grpc > 0))
    return Fail.rejected
  const runsOn = answer !== -1 && workEndNs(forest, answer) > forest.end[p] + TOLERANCE_NS
  const flagged = classes.ofFlags(table.responseFlags[row] || flagsOfProxy(forest, p))
  if (flagged === TextClass.timeout) return Fail.timeout
  // A proxy answers for a callee that it could not reach, and says so.
  if (http >= 500 && answer === -1 && NOT_REACHED.has(flagged)) return byWords(flagged, runsOn)
  // What carries gRPC is good whatever it says.
  if (http > 0 && (grpc === 255 || http >= 400)) {
    if (http >= 400) return http === 429 ? Fail.shed : http >= 500 || http === 408 ? Fail.error : Fail.ok
    return isError && http < 400 ? byWords(said, runsOn) : Fail.ok
  }
  if (grpc === 4) return answeredLate(forest, p) ? Fail.error : Fail.timeout
  if (grpc === 8) return Fail.shed
  if (grpc !== 255 && grpc !== 0) {
    if (!GRPC_CLIENT_FAILURES.has(grpc)) return Fail.ok
    return answer !== -1 && !runsOn ? Fail.error : byWords(said, runsOn)
  }
  if (isError) return byWords(said, runsOn)
  if (grpc === 0 || !isRequest(table.protocol[row]) || forest.kind[p] !== CLIENT) return Fail.ok
  // A caller that never tells how it was answered (Kong) was answered as the callee says.
  if (!tellsAnswers) return answer === -1 || runsOn ? Fail.ok : workFailure(forest, classes, answer)
  // No status and no error: undici says nothing when a request is aborted.
  return byWords(said === TextClass.none ? TextClass.cancelled : said, runsOn)
}

const NOT_REACHED: ReadonlySet<number> = new Set([TextClass.network, TextClass.dns, TextClass.shed])

function byWords(said: number, runsOn: boolean): number {
  if (said === TextClass.timeout) return Fail.timeout
  if (said === TextClass.breaker) return Fail.rejected
  if (said === TextClass.network) return Fail.network
  if (said === TextClass.dns) return Fail.dns
  if (said === TextClass.shed) return Fail.shed
  if (said === TextClass.cancelled) return Fail.timeout
  return runsOn ? Fail.timeout : Fail.error
}

/** DEADLINE_EXCEEDED that came back as an answer: the callee ended first, and its own call had timed out. */
function answeredLate(forest: Forest, p: number): boolean {
  const answer = forest.server[p]
  if (answer === -1 || forest.end[answer] > forest.end[p]) return false
  const row = forest.row[answer]
  const code = forest.table.grpcStatus[row]
  if (code !== 4) return false
  const says = forest.table.strings[forest.table.errorType[forest.row[p]]]
  return !/time|deadline/i.test(says) && says !== ''
    ? true
    : forest.table.errorMessage[forest.row[p]] === 0 && forest.table.statusMessage[forest.row[p]] === 0
}

/** A call given up at the moment its owner's own caller left is not a time-out of this caller. */
function cancelledByCaller(forest: Forest, classes: TextClasses, fail: Uint8Array): void {
  const { table } = forest
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] !== Fail.timeout) continue
    const row = forest.row[p]
    const saysNothing = table.errorType[row] === 0 && table.errorMessage[row] === 0
    const saysCancelled =
      table.grpcStatus[row] === 1 ||
      (saysNothing && classes.ofText(table.statusMessage[row]) !== TextClass.timeout)
    if (!saysCancelled) continue
    const owner = forest.owner[p]
    const call = forest.parent[owner]
    if (call === -1 || forest.callee[call] === -1 || fail[call] !== Fail.timeout) continue
    if (Math.abs(forest.end[p] - forest.end[call]) <= 5 * TOLERANCE_NS) fail[p] = Fail.cancelled
  }
}
