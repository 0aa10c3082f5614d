import { percentText } from '../../model/numbers.ts'
import type { DataFacts, QualityNote } from '../../model/result.ts'
import type { SpanTable } from '../../model/span-table.ts'
import { plural } from '../findings/occurrences.ts'

/** Set where the table holds only some of the traces. */
export type Sampled = { readonly share: number; readonly spansRead: number } | undefined

/** Probabilities that differ by less drift with the traffic, as adaptive samplers have it. */
const UNEVEN_TIMES = 2

/** What of the traces there were is not here, as far as spans tell, and what was read. */
export function samplingNotes(
  data: Pick<DataFacts, 'spans' | 'traces' | 'sampled'>,
  sampling: SpanTable['sampling'],
  sampled: Sampled,
): readonly QualityNote[] {
  const notes: QualityNote[] = []
  if (sampled !== undefined) notes.push(partReadNote(data, sampled))
  else if (data.sampled !== null && data.sampled < 1)
    notes.push({
      level: 'info',
      id: 'sampled',
      count: 1,
      text: `${sampling?.told === 0 ? 'Root spans say that about' : 'About'} ${percentText(data.sampled)} of the traces were kept: counts are of these, and rare failures may be missing.`,
      fix: 'Keep all traces while an experiment runs.',
    })
  if (sampling !== undefined && sampling.mostShare >= UNEVEN_TIMES * sampling.leastShare)
    notes.push(unevenNote(sampling))
  if (sampling !== undefined && sampling.limited > 0) notes.push(limitedNote(sampling.limited))
  return notes
}

/** Shares are as of all traces, but for this much (95 %, at worst: of a share of a half); counts are the sample's. */
function partReadNote(
  { spans, traces }: Pick<DataFacts, 'spans' | 'traces'>,
  { share, spansRead }: NonNullable<Sampled>,
): QualityNote {
  const error = 1.96 * Math.sqrt(0.25 / Math.max(1, traces))
  return {
    level: 'warn',
    id: 'sampled',
    count: spansRead - spans,
    text: `Of ${plural(spansRead, 'span')} those of ${percentText(share)} of the traces were analysed, chosen by trace id: counts are of these; shares hold for all within ±${percentText(error)} (95 %).`,
    fix: 'To analyse more, give a larger --spans-max; a span takes about 0.25 KB in the folder for temporary files.',
  }
}

function unevenNote({ told, roots, leastShare, mostShare }: NonNullable<SpanTable['sampling']>): QualityNote {
  return {
    level: 'warn',
    id: 'sampled-unevenly',
    count: Math.round(told + roots),
    text: `Shares are of the traces that were kept, some with a probability of ${percentText(leastShare)} and some of ${percentText(mostShare)}: where how a request ended decides (tail sampling), fewer of all requests failed or were slow; where the time does, counts do not compare.`,
    fix: 'Keep all traces, or the same share of all, while an experiment runs.',
  }
}

function limitedNote(limited: number): QualityNote {
  return {
    level: 'warn',
    id: 'sampled-by-rate',
    count: Math.round(limited),
    text: `${plural(Math.round(limited), 'root span')} say that so many traces a second were kept, whatever share of all that is: counts are of these, and where traffic changed with the fault they do not compare; rare failures may be missing.`,
    fix: 'Keep all traces, or the same share of all, while an experiment runs.',
  }
}
