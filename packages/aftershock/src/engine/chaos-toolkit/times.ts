/** A moment with microseconds, as Python's clock tells it. */
export type Moment = { readonly epochMicros: number }

export function momentNow(): Moment {
  return { epochMicros: Math.round((performance.timeOrigin + performance.now()) * 1000) }
}

/** `datetime.isoformat()` in UTC: the fraction is left out when it is zero. */
export function isoText({ epochMicros }: Moment): string {
  const seconds = Math.floor(epochMicros / 1e6)
  const micros = epochMicros - seconds * 1e6
  const base = new Date(seconds * 1000).toISOString().slice(0, 19)
  return `${base}${micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`}+00:00`
}

export function secondsBetween(start: Moment, end: Moment): number {
  return (end.epochMicros - start.epochMicros) / 1e6
}
