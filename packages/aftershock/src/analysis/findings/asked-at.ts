import type { Forest } from '../assemble/forest.ts'

/** The operation that answers at a span: that of the callee where there is one. */
export function askedAt({ callee, server, op }: Pick<Forest, 'callee' | 'server' | 'op'>, p: number): number {
  return op[callee[p] !== -1 && server[p] !== -1 ? server[p] : p]
}
