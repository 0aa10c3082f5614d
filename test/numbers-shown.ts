import {
  countText,
  durationText,
  offsetText,
  percentText,
  shareText,
  timesText,
  timeText,
} from '../packages/aftershock/src/model/numbers.ts'
import type { RunResult } from '../packages/aftershock/src/model/result.ts'

const NUMBER = /\d[\d,.]*\d|\d/g

/** Numbers of a text as they are written: `1,244`, `41`, `3.90`. */
export function numbersIn(text: string): readonly string[] {
  return [...new Set(text.match(NUMBER) ?? [])]
}

/** Numbers that a result allows an output to show: its own, in any of the forms of `model/numbers.ts`, and shares of its counts. */
export function numbersOf(result: RunResult): ReadonlySet<string> {
  const known = new Set<string>()
  const say = (text: string): void => {
    for (const number of text.match(NUMBER) ?? []) known.add(number)
  }
  walk(result, say)
  const { chaos, baseline, recovery } = countsOf(result)
  for (const one of [...chaos, ...baseline, ...recovery]) say(shareText(one.errors, one.n))
  for (const { n, t0, stepMs } of result.series) for (const i of n.keys()) say(offsetText(t0 + i * stepMs))
  say(percentText(1 - result.chains.reduce((sum, chain) => sum + chain.share, 0)))
  // Lists are numbered, tell how long they are, and how much of them is left out; the pages name p50, p95 and so on.
  for (let n = 0; n <= LIST_MAX; n++) say(String(n))
  for (const text of ['95', '50', '99', '100', '500']) known.add(text)
  for (const journey of result.journeys)
    say(percentText(journey.reach.hit / Math.max(1, journey.reach.total)))
  return known
}

const LIST_MAX = 40

function countsOf({ journeys, edges }: RunResult) {
  const all = [...journeys, ...edges]
  return {
    baseline: all.map(({ phases }) => phases.baseline),
    chaos: all.map(({ phases }) => phases.chaos),
    recovery: all.map(({ phases }) => phases.recovery),
  }
}

function walk(value: unknown, say: (text: string) => void): void {
  if (typeof value === 'string') {
    say(value)
    say(timeText(value))
    if (/^[0-9a-f]{32}$/.test(value)) say(value.replace(/^0+(?=.{8})/, '').slice(0, 8))
  } else if (typeof value === 'number') {
    const forms = [countText, durationText, offsetText, percentText, timesText, String]
    for (const form of forms) say(form(value))
    for (const digits of [0, 1, 2, 3]) say(Math.abs(value).toFixed(digits))
    say(countText(Math.round(value)))
    say(durationText(Math.round(value)))
    say(durationText(Math.abs(value)))
    // Seconds with milliseconds, as JUnit has them.
    say((value / 1000).toFixed(3))
  } else if (Array.isArray(value)) for (const one of value) walk(one, say)
  else if (value !== null && typeof value === 'object') for (const one of Object.values(value)) walk(one, say)
}
