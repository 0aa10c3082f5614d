import { hexOf } from '../../model/trace-ids.ts'
import type { Told } from '../judge/told.ts'
import type { Classed } from './digest-partition.ts'
import { extraAttemptsAt } from './extra-attempts.ts'
import { headOf } from './request-classes.ts'

/** What is told of one trace. */
export type ShownTrace = {
  readonly traceId: string
  /** First start as it was sent, ns: with the id, what requests are ordered by. */
  readonly firstNs: number
  /** Of the entry, or of the first span where the root was lost: start and end, ns, and its operation. */
  readonly start: number
  readonly end: number
  readonly op: number
  /** `key` of its class. */
  readonly classKey: string
  readonly spans: number
  readonly services: readonly number[]
  readonly retries: number
}

/** @returns those that the partition has, by trace id */
export function tracesSeen(
  told: Told & Classed,
  traceIds: ReadonlySet<string>,
): ReadonlyMap<string, ShownTrace> {
  const { table, row, traceStart, traces } = told.forest
  // Writing every id would take longer than all else here: its last bytes tell nearly all apart.
  const wanted = new Uint8Array(65536)
  for (const id of traceIds) wanted[Number.parseInt(id.slice(-4), 16)] = 1
  const shown = new Map<string, ShownTrace>()
  for (let t = 0; t < traces; t++) {
    const at = row[traceStart[t]] * 16
    if (wanted[table.traceIds[at + 14] * 256 + table.traceIds[at + 15]] === 0) continue
    const traceId = hexOf(table.traceIds, at, 16)
    if (traceIds.has(traceId)) shown.set(traceId, traceAt(told, t, traceId))
  }
  return shown
}

function traceAt(told: Told & Classed, t: number, traceId: string): ShownTrace {
  const { forest, logical, classKeys, classOf } = told
  const head = headOf(told, t)
  const services = new Set<number>()
  let [retries, untold] = [0, 0]
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    services.add(forest.service[p])
    if (forest.untold[p] === 1) untold += 1
    retries += extraAttemptsAt(logical, p)
  }
  return {
    traceId,
    firstNs: forest.traceFirst[t],
    start: forest.start[head],
    end: forest.end[head],
    op: forest.op[head],
    classKey: classKeys[classOf[t]],
    spans: forest.traceStart[t + 1] - forest.traceStart[t] - untold,
    services: [...services],
    retries,
  }
}
