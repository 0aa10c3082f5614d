import { cpuUsage } from 'node:process'

/**
 * A process of its own: keeps one core busy for `load` percent of the time (argument 2), by duty cycle.
 * Sends `{ cpuMs }`, the CPU time used so far, each second; ends when its parent is gone.
 */
const loadPercent = Math.min(100, Math.max(0, Number(process.argv[2])))

/** Short, so that the load looks even to whoever shares the core; long against the timer's 1 ms. */
const PERIOD_MS = 50

let periodStartMs = performance.now()

function burn(): void {
  const busyUntilMs = periodStartMs + (PERIOD_MS * loadPercent) / 100
  while (performance.now() < busyUntilMs) Math.sqrt(performance.now())
  // A late start is not made up for: the load asked for is a share, not an amount.
  const nextMs = Math.max(periodStartMs + PERIOD_MS, performance.now())
  const waitMs = nextMs - performance.now()
  periodStartMs = nextMs
  if (waitMs > 1) setTimeout(burn, waitMs)
  else setImmediate(burn)
}

const report = (): void => {
  const { user, system } = cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1000, residentBytes: process.memoryUsage.rss() })
}

process.once('disconnect', () => process.exit(0))
setInterval(report, 1_000)
report()
burn()
