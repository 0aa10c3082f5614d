import type { Fault } from '../model/fault.ts'

/** When a fault is in force within the chaos phase, ms from its start; `endMs` undefined = to its end. */
export type Occurrence = { readonly startMs: number; readonly endMs: number }

/**
 * A plain fault once; a Schedule with `@every X` again and again. Other cron expressions fire once: nobody
 * waits for a calendar on a laptop (the injector's warnings say so).
 */
export function occurrencesOf(fault: Fault, chaosMs: number): readonly Occurrence[] {
  const lengthMs = Math.min(fault.durationMs ?? chaosMs, chaosMs)
  const everyMs = fault.schedule === undefined ? undefined : intervalOf(fault.schedule.cron)
  if (everyMs === undefined) return [{ startMs: 0, endMs: lengthMs }]
  const found: Occurrence[] = []
  // Forbid: a tick while the former is still on is skipped.
  const stepMs = Math.max(everyMs, Math.ceil(lengthMs / everyMs) * everyMs)
  for (let startMs = 0; startMs < chaosMs; startMs += stepMs) {
    found.push({ startMs, endMs: Math.min(startMs + lengthMs, chaosMs) })
  }
  return found
}

/** `@every 10s` → 10,000; undefined for calendar expressions. */
function intervalOf(cron: string): number | undefined {
  const match = /^@every\s+((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)$/.exec(cron.trim())
  if (match?.[1] === undefined) return undefined
  const unitMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }
  let totalMs = 0
  for (const [, amount, unit] of match[1].matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    totalMs += Number(amount) * (unitMs[unit ?? ''] ?? 0)
  }
  return Math.max(1_000, totalMs)
}

/** How long the chaos phase is when neither flag nor file says so. */
export function chaosMsOf(faults: readonly Fault[], configuredMs: number | undefined): number {
  if (configuredMs !== undefined) return configuredMs
  const durations = faults.map((fault) => fault.durationMs).filter((ms) => ms !== undefined)
  return durations.length === 0 ? 30_000 : Math.max(...durations)
}
