/** How a caller calls: its limits and defences. */
export type Call = {
  readonly to: string
  readonly op: string
  /** Undefined: it waits for ever (15 s). */
  readonly timeoutMs?: number
  /** First included. */
  readonly attempts?: number
  readonly backoffMs?: number
  /** Goes on without an answer. */
  readonly fallback?: true
  /** Sends a second call beside the first after this. */
  readonly hedgeAfterMs?: number
  readonly breaker?: Breaker
}

export type Breaker = {
  /** Opens after so many failures in a row. */
  readonly failures: number
  /** Then lets one through; its success closes it. */
  readonly openMs: number
  /** It takes so many good ones, one after the other, to close it; 1 where not told. */
  readonly probes?: number
  /** Whether the caller's error names it. */
  readonly speaks: boolean
}

export type Step =
  | { readonly workMs: number }
  | { readonly call: Call }
  /** At the same time; fails when one fails. */
  | { readonly together: readonly Call[] }
  /** One after another, as often as told (a loop over items). */
  | { readonly loop: Call; readonly times: number }
  /** A message; the consumer runs in a trace of its own, linked to the sender's. It may be held back on purpose. */
  | { readonly publish: string; readonly afterMs?: number }

export type Service = {
  readonly name: string
  readonly pods?: number
  /** Operation → what it does. A consumer of messages has `on <topic>`. */
  readonly ops: Readonly<Record<string, readonly Step[]>>
  /** Messages that a pod takes up at once; more stay in their queue, as all do while it is down. */
  readonly takes?: number
  /** Sends no spans. */
  readonly quiet?: true
  /** Its clock is ahead by this. */
  readonly skewMs?: number
  /** Requests at once that it does at full speed; more share that speed, so all of them slow down. */
  readonly slowsAt?: number
  /** Requests at once (a pool of workers or connections); more wait for their turn. */
  readonly slots?: number
  /** Requests at once; more are refused with 503 at once. */
  readonly room?: number
}

/** What is broken, of `service`, while the fault is on. */
export type Fault = {
  readonly service: string
  /** Only so many of its pods, the first. */
  readonly pods?: number
} & (
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'loss'; readonly share: number }
  /** Nobody listens; for so long only, then it is back. */
  | { readonly kind: 'kill'; readonly downMs: number }
  | { readonly kind: 'error'; readonly share: number }
  /** Its own work takes so many times as long. */
  | { readonly kind: 'slow'; readonly times: number }
)

export type World = {
  readonly services: readonly Service[]
  readonly entries: readonly { readonly service: string; readonly op: string; readonly rps: number }[]
  readonly fault?: Fault
  /** Of chaos and recovery alike, fault or not: requests of this service fail by its own doing. */
  readonly incident?: { readonly service: string; readonly share: number }
  /** Of any server, any time. */
  readonly errorShare?: number
  /** Spans that never arrive. */
  readonly lostShare?: number
  /** All work takes this much longer at the end than at the start. */
  readonly driftShare?: number
  /** Traffic of the chaos window, times the baseline's. */
  readonly chaosTrafficX?: number
  readonly baselineS?: number
  readonly chaosS?: number
  readonly recoveryS?: number
}

/** Lengths of the windows, s. */
export type Times = { readonly baselineS: number; readonly chaosS: number; readonly recoveryS: number }

export function timesOf(world: World): Times {
  return {
    baselineS: world.baselineS ?? 40,
    chaosS: world.chaosS ?? 30,
    recoveryS: world.recoveryS ?? 20,
  }
}
