/** What is to happen when, in virtual ms; ties in the order they were put down. State outlives a call. */
export class Agenda {
  nowMs = 0
  #heap: { atMs: number; order: number; act: () => void }[] = []
  #order = 0

  at(atMs: number, act: () => void): void {
    const heap = this.#heap
    heap.push({ atMs: Math.max(atMs, this.nowMs), order: this.#order++, act })
    for (let i = heap.length - 1; i > 0; ) {
      const up = (i - 1) >> 1
      if (!isBefore(heap[i], heap[up])) break
      ;[heap[i], heap[up]] = [heap[up], heap[i]]
      i = up
    }
  }

  run(): void {
    for (let next = this.#pop(); next !== undefined; next = this.#pop()) {
      this.nowMs = next.atMs
      next.act()
    }
  }

  #pop(): { atMs: number; act: () => void } | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    heap[0] = last
    for (let i = 0; ; ) {
      let down = i
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && isBefore(heap[child], heap[down])) down = child
      }
      if (down === i) return first
      ;[heap[i], heap[down]] = [heap[down], heap[i]]
      i = down
    }
  }
}

function isBefore(a: { atMs: number; order: number }, b: { atMs: number; order: number }): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
