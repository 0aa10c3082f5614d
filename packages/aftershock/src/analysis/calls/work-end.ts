import type { Forest } from '../assemble/forest.ts'

/**
 * When the work of a request was really done, ns: the latest end among its owner and what it did below. Servers
 * that end their span when the caller hangs up (Node's http does) go on working all the same.
 */
export function workEndNs(forest: Forest, owner: number): number {
  let end = forest.end[owner]
  const upTo = owner + forest.size[owner]
  for (let p = owner + 1; p < upTo; p++) {
    if (forest.owner[p] === owner && forest.end[p] > end) end = forest.end[p]
  }
  return end
}
