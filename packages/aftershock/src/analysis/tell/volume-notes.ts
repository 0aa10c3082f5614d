import type { QualityNote } from '../../model/result.ts'
import { Phase } from '../assemble/phases.ts'
import type { RequestClass } from '../findings/request-classes.ts'
import { Outcome } from '../judge/outcomes.ts'
import { countOf, type Entry } from './entries.ts'
import { listed } from './listed.ts'

/** So many times as many a second, or as few, and that far from chance (standard deviations), are worth a word. */
const MORE_TIMES = 1.5
const FEWER_TIMES = 0.5
const SIGMAS = 4
/** So far from chance the others have grown, too. */
const GROWN_SIGMAS = 2

/**
 * How many requests came while the fault was on, against before it: shares are of the traces that are here. More, and all
 * that are more show the fault: what failed or was slow was kept and the rest was not. Far fewer: some left no trace.
 */
export function volumeNotes(
  entries: readonly Entry[],
  lengthNs: readonly number[],
): readonly Required<QualityNote>[] {
  const [kept, grown, fewer]: [string[], string[], string[]] = [[], [], []]
  for (const { entry, phases } of entries) {
    const all = compared(phases, lengthNs)
    const times = all.n / all.expected
    const text = `${entry} (${timesText(times)})`
    if (times > MORE_TIMES && all.sigmas > SIGMAS) {
      const others = compared(phases, lengthNs, showsNothing)
      const isLeft = others.n <= others.expected || others.sigmas <= GROWN_SIGMAS
      ;(isLeft ? kept : grown).push(text)
    } else if (times < FEWER_TIMES && all.sigmas < -SIGMAS) fewer.push(text)
  }
  return [note(KEPT, kept), note(FEWER, fewer), note(GROWN, grown)].filter(({ count }) => count > 0)
}

/** What it means comes first: a terminal shows one line of it. The entries follow. */
type Words = Omit<Required<QualityNote>, 'count'>

const KEPT: Words = {
  level: 'warn',
  id: 'kept-by-outcome',
  text: 'Shares of failed and slow requests may be too large: traces seem to be kept by how they ended (tail sampling), or users tried again. More came a second while the fault was on than before it, and those that are more show the fault',
  fix: 'Keep all traces, or the same share of all, while an experiment runs; compare with what the load counted.',
}

const FEWER: Words = {
  level: 'warn',
  id: 'fewer-requests',
  text: 'Shares are of the requests that are here, and far fewer came a second while the fault was on than before it: users wait for answers before they ask again, requests that hung left no trace, or less was sampled. Fewer of',
  fix: 'Send traffic at a constant rate, keep the same share of traces throughout, and compare with what the load counted.',
}

const GROWN: Words = {
  level: 'info',
  id: 'more-requests',
  text: 'Compare shares, not counts: more requests came a second while the fault was on than before it, those that it left alone among them; there was more traffic, or more was sampled. More of',
  fix: 'Send traffic at a constant rate, and keep the same share of traces throughout.',
}

function note(words: Words, entries: readonly string[]): Required<QualityNote> {
  return { ...words, text: `${words.text}: ${listed(entries)}.`, count: entries.length }
}

/**
 * Requests while the fault was on, how many they would be as they came in the baseline, and how many standard
 * deviations lie between the two where both come by chance (Poisson).
 */
function compared(
  phases: Entry['phases'],
  lengthNs: readonly number[],
  isCounted?: (one: RequestClass) => boolean,
): { readonly n: number; readonly expected: number; readonly sigmas: number } {
  const [before, n] = [Phase.baseline, Phase.chaos].map((phase) => countOf(phases[phase], isCounted))
  const ratio = lengthNs[Phase.baseline] === 0 ? 0 : lengthNs[Phase.chaos] / lengthNs[Phase.baseline]
  const expected = before * ratio
  const deviation = Math.sqrt(expected * (1 + ratio))
  return { n, expected, sigmas: deviation === 0 ? 0 : (n - expected) / deviation }
}

/** Nothing happened in it that the fault brought about. */
function showsNothing({ outcome, shows }: RequestClass): boolean {
  return outcome === Outcome.ok && shows.length === 0
}

function timesText(times: number): string {
  return times >= 10 ? `${Math.round(times)} times` : `${times.toFixed(times < 0.1 ? 2 : 1)} times`
}
