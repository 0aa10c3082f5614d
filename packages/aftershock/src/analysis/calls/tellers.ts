import type { Forest } from '../assemble/forest.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'
import { Fail, type Failures } from './failure.ts'

/** Services some of whose errors name a breaker → from whom it keeps them; -1: from somebody whom they do not name. */
export type Tellers = ReadonlyMap<number, ReadonlySet<number>>

export function tellersSeen(forest: Forest, { fail, speaksOfBreaker }: Failures): Tellers {
  const { table, row } = forest
  const told = new Map<number, Set<number>>()
  const said = new TupleIds()
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] !== Fail.rejected && speaksOfBreaker[p] === 0) continue
    // The same words name the same service.
    const known = said.length
    const [error, status] = [table.errorMessage[row[p]], table.statusMessage[row[p]]]
    if (said.id(forest.service[p], forest.callee[p] + 1, error, status) < known) continue
    const callee = forest.callee[p] === -1 ? namedIn(forest, p) : forest.callee[p]
    told.set(forest.service[p], (told.get(forest.service[p]) ?? new Set()).add(callee))
  }
  return told
}

export function joinedTellers(seen: readonly Tellers[]): Tellers {
  return joinedMaps(seen, (all) => new Set(all.flatMap((callees) => [...callees])))
}

/**
 * The longest known service name that the exception's text contains, other than the speaker's own; of names with a
 * namespace (`payment.shop`) what comes before it will do.
 */
export function namedIn(forest: Forest, p: number): number {
  const { table, services } = forest
  const text = `${table.strings[table.errorMessage[forest.row[p]]]} ${table.strings[table.statusMessage[forest.row[p]]]}`
  let best = -1
  let longest = 2
  for (const [s, { name }] of services.entries()) {
    if (s === forest.service[p]) continue
    const short = name.slice(0, Math.max(0, name.indexOf('.')))
    const said = text.includes(name) ? name : short.length >= SHORT_MIN && text.includes(short) ? short : ''
    if (said.length <= longest) continue
    best = s
    longest = said.length
  }
  return best
}

/** Shorter beginnings of names stand in other words as well. */
const SHORT_MIN = 5
