import type { Forest } from './forest.ts'

/**
 * Spans of a service whose parent is not there began in the trace of `p` between two times: it was called then, and the
 * call's own span is lost.
 */
export function wasReachedUnseen(
  { trace, traceStart, size, orphan, service, start, orphans }: Forest,
  p: number,
  callee: number,
  fromNs: number,
  toNs: number,
): boolean {
  if (orphans === 0) return false
  const upTo = traceStart[trace[p] + 1]
  for (let top = traceStart[trace[p]]; top < upTo; top += size[top]) {
    if (orphan[top] === 1 && service[top] === callee && start[top] >= fromNs && start[top] <= toNs)
      return true
  }
  return false
}
