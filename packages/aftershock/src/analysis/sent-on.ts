import { PRODUCER } from '../model/span-kind.ts'
import type { Forest } from './forest.ts'

/** A message whose sender went on: who took it up, below the same trace's call, was at work longer than the call. */
export function isSentOn(
  { kind, server, end }: Pick<Forest, 'kind' | 'server' | 'end'>,
  call: number,
): boolean {
  const taker = server[call]
  return taker !== -1 && end[taker] > end[call] && kind[call] === PRODUCER
}
