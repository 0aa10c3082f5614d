/** `TypedArray.from` goes through an iterator, which takes many times as long. */
export function filled<T extends { [i: number]: number }>(
  column: T,
  positions: ArrayLike<number>,
  of: (p: number) => number,
): T {
  for (let i = 0; i < positions.length; i++) column[i] = of(positions[i])
  return column
}

/** The values of a column at so many positions. */
export function picked(column: Float64Array, positions: ArrayLike<number>): Float64Array {
  return filled(new Float64Array(positions.length), positions, (p) => column[p])
}
