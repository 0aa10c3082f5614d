/** A moment with microseconds, as Python's clock tells it. */
export type Moment = { readonly epochMicros: number }

// Constant, and each look at it is dear.
const { timeOrigin } = performance

export function momentNow(): Moment {
  return { epochMicros: Math.round((timeOrigin + performance.now()) * 1000) }
}

/** `datetime.isoformat()` in UTC: the fraction is left out when it is zero. */
export function isoText({ epochMicros }: Moment): string {
  const seconds = Math.floor(epochMicros / 1e6)
  const micros = epochMicros - seconds * 1e6
  if (seconds !== told.seconds) {
    told = { seconds, text: new Date(seconds * 1000).toISOString().slice(0, 19) }
  }
  return `${told.text}${micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`}+00:00`
}

/** Put together once a second, however many moments are told. */
let told = { seconds: Number.NaN, text: '' }

/** The moment that `isoText` wrote; the epoch for anything else. */
export function momentOf(text: unknown): Moment {
  const match = /^(.*\d)\.(\d{6})\+00:00$/.exec(String(text))
  const wholeMs = Date.parse(match === null ? String(text) : `${match[1]}Z`)
  return { epochMicros: (Number.isNaN(wholeMs) ? 0 : wholeMs * 1000) + Number(match?.[2] ?? 0) }
}

export function secondsBetween(start: Moment, end: Moment): number {
  return (end.epochMicros - start.epochMicros) / 1e6
}
