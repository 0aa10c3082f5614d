/** `TypedArray.from` goes through an iterator, which takes many times as long. */
export function filled<T extends { [i: number]: number }>(
  column: T,
  positions: ArrayLike<number>,
  of: (p: number) => number,
): T {
  for (let i = 0; i < positions.length; i++) column[i] = of(positions[i])
  return column
}
