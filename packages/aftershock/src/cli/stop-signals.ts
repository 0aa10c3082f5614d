import type { StopReason } from '../engine/run-experiment.ts'
import type { Output } from './io.ts'

/** SIGINT, SIGTERM and SIGHUP end a run in order; a second one leaves the rest to the warden. */
export type StopSignals = { readonly signal: AbortSignal; readonly release: () => void }

const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

export function stopSignals(err: Output, say: (text: string) => void): StopSignals {
  const controller = new AbortController()
  const handlers = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) => {
    const handler = (): void => {
      if (controller.signal.aborted) {
        err.write('\nleaving the clean-up to the warden, which goes on without us\n')
        process.exit(codes[name])
      }
      say(
        `${name === 'SIGINT' ? '^C' : name}: removing faults, keeping the partial result; once more to leave it to the warden`,
      )
      controller.abort({ kind: 'signal', signal: name } satisfies StopReason)
    }
    process.on(name, handler)
    return { name, handler }
  })
  return {
    signal: controller.signal,
    release: () => {
      for (const { name, handler } of handlers) process.off(name, handler)
    },
  }
}
