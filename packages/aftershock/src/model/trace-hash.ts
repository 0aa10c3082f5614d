/**
 * A number from a trace's id, 0 to 2^32 - 1, the same wherever and whenever it is asked for: spreads traces over
 * partitions and chooses those of a sample. All of the id is mixed, since not all senders make all of it random.
 *
 * @param words - ids as four uint32 each
 * @param at - where the id begins
 */
export function traceHash(words: Uint32Array, at: number): number {
  let hash = Math.imul((words[at + 3] as number) ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul((hash ^ (hash >>> 13)) + (words[at + 2] as number), 0xc2b2ae35)
  hash = Math.imul((hash ^ (hash >>> 15)) + (words[at + 1] as number), 0x27d4eb2f)
  hash = Math.imul((hash ^ (hash >>> 13)) + (words[at] as number), 0x165667b1)
  return (hash ^ (hash >>> 16)) >>> 0
}
