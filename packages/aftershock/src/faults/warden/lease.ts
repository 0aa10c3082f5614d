/** Ends something when nobody renews. */
export type RenewedLease = { renew(): void; end(): void }

/**
 * Calls `expired` once when `renew` was not called for `leaseMs`. A machine that slept, or a process that was
 * stopped itself, wakes late: then the owner gets one more second, its renewals may be waiting in the queue.
 */
export function renewedLease(leaseMs: number, expired: () => void): RenewedLease {
  let timer: NodeJS.Timeout | undefined
  const arm = (waitMs: number, last: 'last' | 'first'): void => {
    clearTimeout(timer)
    const dueMs = Date.now() + waitMs
    timer = setTimeout(() => {
      const lateMs = Date.now() - dueMs
      if (lateMs > SLEPT_MS && last === 'first') arm(SECOND_CHANCE_MS, 'last')
      else expired()
    }, waitMs)
  }
  arm(leaseMs, 'first')
  return { renew: () => arm(leaseMs, 'first'), end: () => clearTimeout(timer) }
}

const SLEPT_MS = 1_000
const SECOND_CHANCE_MS = 1_000
