/** What the critical path needs to know of a span; µs, `end` exclusive. */
export type TimedSpan = { readonly start: number; readonly end: number; readonly children: readonly number[] }

/**
 * Which span a request was waiting for, at each moment: intervals for each span.
 *
 * The intervals of all spans below a root do not overlap and sum to the root's duration exactly, so they
 * can be compared and added. A child that outlives its parent counts until the parent ends: the caller did
 * wait for it. Children that start after their parent's end (messages) hold nobody up.
 *
 * @param spans - children are indexes into `spans` and form a forest (no cycles)
 */
export function criticalPath(
  spans: readonly TimedSpan[],
  roots: readonly number[],
): readonly (readonly (readonly [number, number])[])[] {
  const found: [number, number][][] = spans.map(() => [])
  const open: { readonly at: number; readonly from: number; readonly to: number }[] = roots.map((at) => ({
    at,
    from: spans[at]?.start ?? 0,
    to: spans[at]?.end ?? 0,
  }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, from, to } = next
    let cursor = to
    for (const child of latestFirst(spans, spans[at]?.children ?? [])) {
      const start = Math.max(spans[child]?.start ?? 0, from)
      const end = Math.min(spans[child]?.end ?? 0, cursor)
      if (end <= start) continue
      if (end < cursor) found[at]?.push([end, cursor])
      open.push({ at: child, from: start, to: end })
      cursor = start
    }
    if (cursor > from) found[at]?.push([from, cursor])
  }
  for (const intervals of found) intervals.sort((a, b) => a[0] - b[0])
  return found
}

function latestFirst(spans: readonly TimedSpan[], children: readonly number[]): readonly number[] {
  return [...children].sort((a, b) => (spans[b]?.end ?? 0) - (spans[a]?.end ?? 0))
}
