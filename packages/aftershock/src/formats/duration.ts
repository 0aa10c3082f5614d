import { type Field, refuse } from './decode.ts'
import { parseGoDuration } from './go-duration.ts'

/** A duration as people write it in our own files: Go's form (`1m30s`), or a number of seconds. */
export function durationMsOf(field: Field | undefined): number | undefined {
  if (field === undefined) return undefined
  const { value } = field
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value * 1000
  const duration = typeof value === 'string' ? parseGoDuration(value.trim()) : undefined
  if (duration?.ok && duration.ns >= 0n) return Number(duration.ns) / 1e6
  const reason = duration?.ok === false ? ` (${duration.error})` : ''
  return refuse(
    field,
    'duration',
    `must be a duration >= 0${reason}`,
    'Write 30s, 1m30s or a number of seconds',
  )
}

/** `500 ms`, `1.5 s`, `2 min`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms`
  return ms < 120_000 ? `${Number((ms / 1000).toFixed(2))} s` : `${Number((ms / 60_000).toFixed(1))} min`
}
