import type { Attribution } from './attribution.ts'
import { edgeKey } from './edge-key.ts'

/** Most failures of the edge in chaos and recovery were the fault's: so was the breaker they opened. */
export function isOpenedByFault(
  { edges }: Pick<Attribution, 'edges'>,
  caller: number,
  callee: number,
): boolean {
  const edge = edges.get(edgeKey(caller, callee))
  return edge !== undefined && edge.attributed > 0 && edge.attributed >= 0.5 * edge.all
}
