/**
 * The order of a list that consists of runs, each in order already: positions, least first. Equal ones keep the order
 * of their runs.
 *
 * @param lengths - of the runs, one behind the other
 * @param isAfter - whether the value at a position comes after that at another one
 */
export function mergedRuns(
  lengths: readonly number[],
  isAfter: (a: number, b: number) => boolean,
): Uint32Array {
  let starts = [0]
  for (const length of lengths) starts.push(starts[starts.length - 1] + length)
  const n = starts[starts.length - 1]
  let from = new Uint32Array(n)
  for (let i = 0; i < n; i++) from[i] = i
  let to = new Uint32Array(n)
  while (starts.length > 2) {
    const merged = [0]
    for (let run = 0; run < starts.length - 1; run += 2) {
      const end = starts[Math.min(run + 2, starts.length - 1)]
      mergeTwo(from, to, starts[run], starts[run + 1], end, isAfter)
      merged.push(end)
    }
    starts = merged
    ;[from, to] = [to, from]
  }
  return from
}

function mergeTwo(
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  middle: number,
  end: number,
  isAfter: (a: number, b: number) => boolean,
): void {
  let [a, b] = [start, middle]
  for (let at = start; at < end; at++) {
    if (b >= end || (a < middle && !isAfter(from[a], from[b]))) to[at] = from[a++]
    else to[at] = from[b++]
  }
}
