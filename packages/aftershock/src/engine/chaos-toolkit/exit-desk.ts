import type { ExitRequest } from './ports.ts'
import { stopOfRequest } from './stops.ts'

/**
 * Where everything that wants the run to end reports, and what everything that may block listens to. Outlives calls:
 * the signals differ from section to section, and what was asked for is remembered.
 */
export type ExitDesk = {
  readonly request: (request: ExitRequest) => void
  /** The first request of the run. */
  readonly requested: () => ExitRequest | undefined
  /** For foreground work, hypotheses and pauses of this section. */
  readonly foreground: () => AbortSignal
  /** For background work: it is waited for, unless somebody insists. */
  readonly background: () => AbortSignal
  /** Throws when the section has to end. */
  readonly check: () => void
  /** A new section: rollbacks run although the method was stopped. */
  readonly beginRollbacks: (patience: RollbackPatience) => void
  /** The request was taken as something else (strict compatibility only). */
  readonly forget: () => void
  readonly onRequest: (listener: (request: ExitRequest) => void) => void
}

/** `insist`: the first request lets the remaining rollbacks go on, the second ends them. `obey`: the first ends them. */
export type RollbackPatience = 'insist' | 'obey'

export function exitDesk(): ExitDesk {
  let foreground = new AbortController()
  let background = new AbortController()
  let first: ExitRequest | undefined
  let current: ExitRequest | undefined
  let isPatient = false
  const listeners: ((request: ExitRequest) => void)[] = []
  return {
    request: (request) => {
      first ??= request
      for (const listener of listeners) listener(request)
      if (isPatient && current === undefined) {
        current = request
        return
      }
      // Asked twice, or asked not to wait: background work ends as well.
      if (request.kind === 'ungraceful' || current !== undefined) background.abort()
      current ??= request
      foreground.abort()
    },
    requested: () => first,
    foreground: () => foreground.signal,
    background: () => background.signal,
    check: () => {
      if (foreground.signal.aborted && current !== undefined) throw stopOfRequest(current)
    },
    beginRollbacks: (patience) => {
      foreground = new AbortController()
      background = new AbortController()
      current = undefined
      isPatient = patience === 'insist'
    },
    forget: () => {
      first = undefined
      current = undefined
      foreground = new AbortController()
    },
    onRequest: (listener) => {
      listeners.push(listener)
    },
  }
}

/** Sleeps, at most until the signal. @returns whether it slept to the end */
export function sleepFor(seconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop)
        resolve(true)
      },
      Math.min(Math.max(0, seconds * 1000), 2 ** 31 - 1),
    )
    signal.addEventListener('abort', stop, { once: true })
  })
}
