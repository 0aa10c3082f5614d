import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** Two pipes to the launcher over which we ask and wait, without a turn of the event loop. */
export type QuickPipes = {
  /** Blocks until the answer is there, or for the 5 ms after which the launcher says "later". Empty: it is gone. */
  readonly ask: (request: Buffer) => Buffer
  readonly close: () => void
}

const ANSWER_BYTES_MAX = 4096

/** @param ends - descriptors of the launcher, as it tells them: the one to write to, the one to read from */
export function quickPipes(pid: number, ends: string): QuickPipes {
  const [ask = '', answered = ''] = ends.split(' ')
  const requests = openSync(`/proc/${pid}/fd/${ask}`, 'w')
  const answers = openSync(`/proc/${pid}/fd/${answered}`, 'r')
  const answer = Buffer.alloc(ANSWER_BYTES_MAX)
  return {
    ask: (request) => {
      for (let sent = 0; sent < request.length; ) sent += writeSync(requests, request, sent)
      return answer.subarray(0, readWhole(answers, answer))
    },
    close: () => {
      closeSync(requests)
      closeSync(answers)
    },
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
