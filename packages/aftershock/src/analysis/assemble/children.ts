import { columnOf } from '../numbers/columns.ts'
import type { Forest } from './forest.ts'

/**
 * The next child of each span by when it began, -1 after the last. Spans of one process come in order; those right below
 * a caller that tells of no calls come from processes whose clocks differ, in the order of these. Empty where all tell.
 */
export type Children = { readonly first: Int32Array; readonly next: Int32Array }

const AS_THEY_COME: Children = { first: new Int32Array(0), next: new Int32Array(0) }

export function childrenByStart({ untold, length, size, start }: Forest): Children {
  if (untold.length === 0) return AS_THEY_COME
  const first = columnOf(Int32Array, length, -1)
  const next = columnOf(Int32Array, length, -1)
  const children: number[] = []
  for (let p = 0; p < length; p++) {
    children.length = 0
    for (let c = p + 1; c < p + size[p]; c += size[c]) children.push(c)
    children.sort((a, b) => start[a] - start[b] || a - b)
    for (const [i, c] of children.entries()) {
      if (i === 0) first[p] = c
      next[c] = children[i + 1] ?? -1
    }
  }
  return { first, next }
}

export function firstChild({ size }: Forest, { first }: Children, p: number): number {
  if (first.length > 0) return first[p]
  return size[p] > 1 ? p + 1 : -1
}

export function nextChild({ size }: Forest, { next }: Children, p: number, c: number): number {
  if (next.length > 0) return next[c]
  const after = c + size[c]
  return after < p + size[p] ? after : -1
}
