import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** Two pipes to the launcher over which we ask and wait, without a turn of the event loop. */
export type QuickPipes = {
  readonly send: (request: Buffer) => void
  /** Blocks until the answer is there, or for the 5 ms after which the launcher says "later". Empty: it is gone. */
  readonly answer: () => Buffer
  readonly close: () => void
}

const ANSWER_BYTES_MAX = 4096

/**
 * @param ends - descriptors of the launcher, as it tells them: the one to write to, the one to read from
 * @returns undefined where /proc does not let us open them
 */
export function quickPipes(pid: number, ends: string): QuickPipes | undefined {
  const [ask = '', answered = ''] = ends.split(' ')
  const requests = opened(`/proc/${pid}/fd/${ask}`, 'w')
  if (requests === undefined) return undefined
  const answers = opened(`/proc/${pid}/fd/${answered}`, 'r')
  if (answers === undefined) {
    closeSync(requests)
    return undefined
  }
  const answer = Buffer.alloc(ANSWER_BYTES_MAX)
  return {
    send: (request) => {
      for (let sent = 0; sent < request.length; ) sent += writeSync(requests, request, sent)
    },
    answer: () => answer.subarray(0, readWhole(answers, answer)),
    close: () => {
      closeSync(requests)
      closeSync(answers)
    },
  }
}

function opened(path: string, mode: 'r' | 'w'): number | undefined {
  try {
    return openSync(path, mode)
  } catch {
    return undefined
  }
}

/** A signal ends a read early; its listener runs as soon as we are back in the event loop. */
function readWhole(file: number, into: Buffer): number {
  for (;;) {
    try {
      return readSync(file, into)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EINTR') throw error
    }
  }
}
