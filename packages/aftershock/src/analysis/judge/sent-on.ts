import { PRODUCER } from '../../model/span-kind.ts'
import type { Forest } from '../assemble/forest.ts'

/**
 * A message whose sender went on: who took it up, below the same trace's call, was at work for longer than the call
 * lasted. Clocks that are off change nothing about that.
 */
export function isSentOn(
  { kind, server, start, end }: Pick<Forest, 'kind' | 'server' | 'start' | 'end'>,
  call: number,
): boolean {
  const taker = server[call]
  return taker !== -1 && kind[call] === PRODUCER && end[taker] - start[taker] > end[call] - start[call]
}
