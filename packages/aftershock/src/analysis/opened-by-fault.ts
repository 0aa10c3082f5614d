import type { Attribution } from './attribution.ts'

/** Most failures of the edge in chaos and recovery were the fault's: so was the breaker they opened. */
export function isOpenedByFault({ edges }: Attribution, caller: number, callee: number): boolean {
  const edge = edges.get(caller * 65536 + callee)
  return edge !== undefined && edge.attributed > 0 && edge.attributed >= 0.5 * edge.all
}
