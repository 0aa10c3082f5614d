/** By value, for `sort`: numbers, whole numbers too large for them, and texts by their code units. */
export function compare<T extends bigint | number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Puts things in the order of a value of theirs: `toSorted(ascending((one) => one.startNs))`. */
export function ascending<T>(of: (one: T) => bigint | number | string): (a: T, b: T) => number {
  return (a, b) => compare(of(a), of(b))
}
