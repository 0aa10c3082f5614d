import { createInterface } from 'node:readline/promises'
import type { Io } from '../io.ts'

/** Questions on a terminal, or answered by a pipe, a line each. */
export type Asker = {
  /** Asks again until there is an answer; `byDefault` makes an empty one do. @throws Unanswered at the end of the input */
  readonly text: (question: string, byDefault?: string) => Promise<string>
  readonly isWanted: (question: string) => Promise<boolean>
  readonly close: () => void
}

export class Unanswered extends Error {}

export function asker(io: Io): Asker {
  const lines = createInterface({ input: io.stdin, terminal: false })
  const waiting: ((line: string | undefined) => void)[] = []
  const read: string[] = []
  let isOver = false
  lines.on('line', (line) => {
    const next = waiting.shift()
    if (next === undefined) read.push(line)
    else next(line)
  })
  lines.on('close', () => {
    isOver = true
    for (const next of waiting.splice(0)) next(undefined)
  })
  const nextLine = async (question: string) => {
    io.out.write(question)
    const line =
      read.shift() ??
      (isOver ? undefined : await new Promise<string | undefined>((resolve) => waiting.push(resolve)))
    if (line === undefined) throw new Unanswered()
    return line
  }
  return {
    text: async (question, byDefault) => {
      for (;;) {
        const line = await nextLine(byDefault ? `${question} [${byDefault}]: ` : `${question}: `)
        if (line !== '') return line
        if (byDefault !== undefined) return byDefault
      }
    },
    isWanted: async (question) => {
      for (;;) {
        const line = (await nextLine(`${question} [y/N]: `)).trim().toLowerCase()
        if (['y', 'yes'].includes(line)) return true
        if (['', 'n', 'no'].includes(line)) return false
        io.err.write('Error: invalid input\n')
      }
    },
    close: () => lines.close(),
  }
}
