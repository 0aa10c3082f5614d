import type { Acceptance } from './received-body.ts'

/** Bodies that the decode worker has not answered yet, and how much they are. */
export type WaitingBodies = {
  count(): number
  bytes(): number
  /** @returns its id, and what its sender will be told */
  add(bytes: number): { readonly id: number; readonly answer: Promise<Acceptance> }
  answer(id: number, acceptance: Acceptance): void
  answerAll(acceptance: Acceptance): void
}

export function waitingBodies(): WaitingBodies {
  const waiting = new Map<number, { readonly bytes: number; readonly answer: (a: Acceptance) => void }>()
  let [nextId, bytes] = [0, 0]
  const answer: WaitingBodies['answer'] = (id, acceptance) => {
    const one = waiting.get(id)
    waiting.delete(id)
    bytes -= one?.bytes ?? 0
    one?.answer(acceptance)
  }
  return {
    count: () => waiting.size,
    bytes: () => bytes,
    add: (added) => {
      const id = nextId++
      const { promise, resolve } = Promise.withResolvers<Acceptance>()
      waiting.set(id, { bytes: added, answer: resolve })
      bytes += added
      return { id, answer: promise }
    },
    answer,
    answerAll: (acceptance) => {
      for (const id of [...waiting.keys()]) answer(id, acceptance)
    },
  }
}
