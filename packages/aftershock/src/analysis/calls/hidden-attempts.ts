import { Protocol } from '../../model/span-table.ts'
import type { Forest } from '../assemble/forest.ts'
import { columnOf } from '../numbers/columns.ts'

/**
 * Attempts that share one client span: urllib3's Retry, gRPC's retry and hedging policies, a proxy. Only the
 * callee's spans tell them apart, or a count on the span itself.
 */
export type HiddenAttempts = {
  /** Position → attempts after the first within the span; 0 for nearly all. */
  readonly extra: Uint8Array
  /** 1 where the next was sent while the former was still being answered, by design and not after giving up. */
  readonly beside: Uint8Array
}

/** Operation → answers that one healthy call of it has at most; absent: one. */
export type AnswersMax = ReadonlyMap<number, number>

const [SERVER, CLIENT] = [2, 3]

/** Server spans of the callee directly below a call, of the same operation as the answer: its attempts, by start. */
export function answersTo(forest: Forest, call: number): readonly number[] {
  const answer = forest.server[call]
  if (answer === -1 || forest.kind[answer] !== SERVER || forest.kind[call] !== CLIENT) return []
  const found: number[] = []
  const end = call + forest.size[call]
  for (let c = call + 1; c < end; c += forest.size[c]) {
    // A redirect is followed within the span too, and is no second try.
    if (forest.op[c] === forest.op[answer] && !isHandedOn(forest, c)) found.push(c)
  }
  return found
}

/** Answered with "elsewhere" or "who are you": what follows is part of the same try. */
export function isHandedOn(forest: Forest, p: number): boolean {
  const status = forest.table.httpStatus[forest.row[p]]
  return (status >= 300 && status < 400) || status === 401 || status === 407
}

export function hiddenAttempts(
  forest: Forest,
  usual: AnswersMax,
  isFirst: (p: number) => boolean,
): HiddenAttempts {
  const extra = columnOf(Uint8Array, forest.length)
  const beside = columnOf(Uint8Array, forest.length)
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] === -1) continue
    const told = isFirst(p) ? forest.table.resendCount[forest.row[p]] : 0
    if (told > 0) extra[p] = told
    // Nearly every call has one child at most: nothing to look for.
    if (forest.server[p] === -1 || forest.size[p] <= 1 + forest.size[forest.server[p]]) continue
    const answers = answersTo(forest, p)
    if (answers.length <= (usual.get(forest.op[p]) ?? 1)) continue
    extra[p] = Math.min(255, Math.max(told, answers.length - 1))
    if (overlaps(forest, answers) && isGrpc(forest, p)) beside[p] = 1
  }
  return { extra, beside }
}

/** gRPC sends again only after a status came, so what overlaps is its hedging; others give up and then try again. */
function isGrpc(forest: Forest, p: number): boolean {
  return (forest.table.protocol[forest.row[p]] & Protocol.grpc) !== 0
}

function overlaps(forest: Forest, answers: readonly number[]): boolean {
  return answers.some((c, i) => i > 0 && forest.start[c] < forest.end[answers[i - 1]] - 1e6)
}

/** Most answers that a healthy call of each operation has, where it is more than one. */
export function answersSeen(forest: Forest, isHealthy: (p: number) => boolean): ReadonlyMap<number, number> {
  const most = new Map<number, number>()
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] === -1 || forest.server[p] === -1) continue
    if (forest.size[p] <= 1 + forest.size[forest.server[p]] || !isHealthy(p)) continue
    const answers = answersTo(forest, p).length
    if (answers > 1) most.set(forest.op[p], Math.max(most.get(forest.op[p]) ?? 1, answers))
  }
  return most
}
