import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { copyOf } from '../numbers/columns.ts'

type Spans = Pick<Forest, 'parent' | 'owner' | 'callee' | 'end'>

/**
 * Spans within a service (handlers, wrappers) may end as soon as what they began is under way, where code goes on in
 * callbacks. Their request waited for it all the same when it ended no sooner: then they end with what is below them,
 * so that the time is nobody's but theirs.
 *
 * @returns ends; as given where each span ends after its children
 */
export function endsOfSpansWithin({ parent, owner, callee, end: sent }: Spans): Float64Array {
  let end = sent
  // Children come after their parents.
  for (let p = parent.length - 1; p > 0; p--) {
    const up = parent[p]
    if (up === -1 || owner[up] === up || callee[up] !== -1 || owner[p] !== owner[up]) continue
    if (end[p] <= end[up] || end[p] > sent[owner[up]] + TOLERANCE_NS) continue
    if (end === sent) end = copyOf(sent)
    end[up] = end[p]
  }
  return end
}
