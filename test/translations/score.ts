import type { Findings } from '../../packages/aftershock/src/analysis/analyse.ts'

type Edge = { readonly kind: string; readonly caller: string; readonly callee: string }

/** What happened because of the fault, and could not have without it. */
export type Truth = {
  readonly rootCauses?: readonly string[]
  readonly failedByFault: readonly string[]
  readonly slowByFault: readonly string[]
  readonly mechanisms: readonly (Edge & { readonly count: number })[]
  readonly maybe: readonly Edge[]
}

export type Found = Pick<Findings, 'suspects' | 'mechanisms' | 'traces'>

type Tally = { right: number; told: number; real: number }

/** F1 of mechanisms; precision and recall of failed requests; F1 of slow ones; 90th percentile of the error of counts; cases with a false mechanism; first, and in the first three, of the blind suspects. */
export function scoreOf(
  list: readonly { readonly truth: Truth; readonly found: Found }[],
): readonly number[] {
  const [mechanisms, failed, slow] = [none(), none(), none()]
  const errors: number[] = []
  const ranks: number[] = []
  let alarms = 0
  for (const { truth, found } of list) {
    const wrong = addMechanisms(mechanisms, errors, truth, found)
    if (wrong > 0) alarms += 1
    addRequests(failed, truth.failedByFault, found, 'failed')
    addRequests(slow, truth.slowByFault, found, 'slow')
    if (truth.rootCauses === undefined) continue
    ranks.push(found.suspects.findIndex(({ service }) => truth.rootCauses?.includes(service)) + 1)
  }
  errors.sort((a, b) => a - b)
  const within = (places: number): number =>
    ranks.filter((rank) => rank > 0 && rank <= places).length / ranks.length
  const precision = failed.right / failed.told
  const cells = [f1(mechanisms), precision, failed.right / failed.real, f1(slow)]
  const counts = errors[Math.floor(0.9 * errors.length)]
  return [...cells, counts, alarms, within(1), within(3)].map((cell) => Math.round(cell * 1000) / 1000)
}

function none(): Tally {
  return { right: 0, told: 0, real: 0 }
}

function f1({ right, told, real }: Tally): number {
  return (2 * right) / (told + real)
}

function keyOf({ kind, caller, callee }: Edge): string {
  return `${kind} ${kind === 'load-shed' ? '' : caller}>${callee}`
}

/** @returns how many are told that did not happen */
function addMechanisms(tally: Tally, errors: number[], truth: Truth, found: Found): number {
  const real = new Map(truth.mechanisms.map((m) => [keyOf(m), m.count]))
  const maybe = new Set(truth.maybe.map(keyOf))
  let wrong = 0
  tally.real += real.size
  for (const m of found.mechanisms) {
    const count = real.get(keyOf(m))
    // Waiting and hedges are not in all truths.
    if (m.verdict === 'absent' || maybe.has(keyOf(m)) || ['queueing', 'hedge'].includes(m.kind)) continue
    tally.told += 1
    if (count === undefined) {
      wrong += 1
      continue
    }
    tally.right += 1
    errors.push(Math.abs(m.count - count) / count)
  }
  return wrong
}

function addRequests(tally: Tally, truth: readonly string[], found: Found, outcome: string): void {
  const told = found.traces.filter((t) => t.attributed && t.outcome === outcome).map((t) => t.traceId)
  const real = new Set(truth)
  tally.real += real.size
  tally.told += told.length
  tally.right += told.filter((id) => real.has(id)).length
}
