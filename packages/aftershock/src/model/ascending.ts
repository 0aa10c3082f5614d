/** Puts things in the order of a time, or of another whole number too large for a number. */
export function ascending<T>(of: (one: T) => bigint): (a: T, b: T) => number {
  return (a, b) => {
    const [x, y] = [of(a), of(b)]
    return x < y ? -1 : x > y ? 1 : 0
  }
}
