import type { Carrier, OpenStep, RunObserver } from './ports.ts'

export const NO_CARRIER: Carrier = { headers: {}, env: {} }

const UNSEEN: OpenStep = { carrier: NO_CARRIER, note: () => {}, end: () => {} }

/** For runs that nobody traces. */
export const NO_OBSERVER: RunObserver = { start: () => UNSEEN }
