/**
 * The greatest of any number of values; −∞ of none. `Math.max(...values)` passes each as an argument and overflows
 * the stack somewhere above a hundred thousand.
 */
export function greatestOf(values: Iterable<number>): number {
  let greatest = Number.NEGATIVE_INFINITY
  for (const value of values) if (value > greatest) greatest = value
  return greatest
}

/** The least of one or more. */
export function leastBigint(values: readonly bigint[]): bigint {
  return values.reduce((best, one) => (one < best ? one : best))
}

/** The greatest of one or more. */
export function greatestBigint(values: readonly bigint[]): bigint {
  return values.reduce((best, one) => (one > best ? one : best))
}
