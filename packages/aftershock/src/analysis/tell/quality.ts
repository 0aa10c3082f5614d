import { durationText, percentText } from '../../model/numbers.ts'
import type { DataFacts, QualityNote } from '../../model/result.ts'
import { CONSUMER } from '../../model/span-kind.ts'
import type { SpanTable } from '../../model/span-table.ts'
import type { InstanceOffset } from '../assemble/clock-skew.ts'
import { Phase } from '../assemble/phases.ts'
import { type Facts, nameOf } from '../findings/facts.ts'
import { groupedNumber, plural } from '../findings/occurrences.ts'
import type { ShamControl } from '../findings/sham.ts'
import { ENTRY_SAMPLES_MIN, FAILS_ANYWAY_SHARE, FAILS_AT_TIMES_SHARE, Outcome } from '../judge/outcomes.ts'
import { countOf, type Entry, effectOn, failuresIn } from './entries.ts'
import { listed } from './listed.ts'
import { type Sampled, samplingNotes } from './sampling-notes.ts'
import { volumeNotes } from './volume-notes.ts'

/** Of fewer requests three are over 3 %: effects below that cannot be told. */
const FEW_REQUESTS = 100
/** Spans get lost by the way; so many calls without an answer's span are more than that. */
const UNSEEN_MIN = 20
const UNSEEN_SHARE = 0.15
/** An offset worth telling, ns. */
const SKEW_NS = 2e6

export function dataFacts(
  facts: Facts,
  offsets: readonly InstanceOffset[],
  { dropped, sampling }: Pick<SpanTable, 'dropped' | 'sampling'>,
  sampled: Sampled,
  analysisMs: number,
): DataFacts {
  const { system, tallies } = facts
  // What proxies say beside services is no operation of anybody.
  const acting = new Set(system.ops.map((op) => op.service))
  return {
    spans: tallies.spans,
    traces: tallies.traces,
    orphans: tallies.orphans,
    duplicates: tallies.duplicates,
    sampled: keptShare(sampledShare(tallies, sampling), sampled),
    clockSkew: offsets
      .filter((o) => Math.abs(o.offsetNs) >= SKEW_NS)
      .map((o) => ({
        instance: system.instances[o.instance].name,
        service: nameOf(facts, system.instances[o.instance].service),
        estMs: -Math.round(o.offsetNs / 1e4) / 100,
        pairs: o.pairs,
      })),
    silent: silentServices(facts),
    services: system.services
      .filter((s, i) => s.hasSpans && s.kind !== 'user' && acting.has(i))
      .map((s) => s.name)
      .sort(),
    dropped: { ...dropped },
    analysisMs: Math.round(analysisMs),
  }
}

/** Known where most spans say so, or most roots. */
function sampledShare(
  { spans, traces }: Pick<Facts['tallies'], 'spans' | 'traces'>,
  sampling: SpanTable['sampling'],
): number | null {
  if (sampling === undefined) return null
  const { told, standsFor, roots, rootsStandFor } = sampling
  const share =
    told > 0 && told >= spans / 2
      ? told / standsFor
      : roots > 0 && roots >= traces / 2
        ? roots / rootsStandFor
        : undefined
  return share === undefined ? null : Math.round(share * 1e4) / 1e4
}

/** Of the traces that there were: what senders kept, and what was read of it. */
function keptShare(told: number | null, read: Sampled): number | null {
  return read === undefined ? told : Math.round((told ?? 1) * read.share * 1e6) / 1e6
}

function silentServices(facts: Facts): DataFacts['silent'] {
  const { services } = facts.system
  return [...facts.tallies.called]
    .map((calls, s) => ({ service: nameOf(facts, s), calls, hasSpans: services[s].hasSpans }))
    .filter(({ calls, hasSpans }) => calls > 0 && !hasSpans)
    .map(({ service, calls }) => ({ service, calls }))
    .sort((a, b) => b.calls - a.calls || (a.service < b.service ? -1 : 1))
}

/** Services with spans, but for many of the calls to them. */
function halfSilent(
  facts: Facts,
): readonly { readonly service: string; readonly answered: number; readonly unseen: number }[] {
  const { services } = facts.system
  const { answered, unseen } = facts.tallies
  return [...services.keys()]
    .filter((s) => services[s].hasSpans && unseen[s] >= Math.max(UNSEEN_MIN, UNSEEN_SHARE * answered[s]))
    .map((s) => ({ service: nameOf(facts, s), answered: answered[s], unseen: unseen[s] }))
    .sort((a, b) => b.unseen - a.unseen || (a.service < b.service ? -1 : 1))
}

type Note = (level: QualityNote['level'], id: string, count: number, text: string, fix?: string) => void

/** What could not be seen, and what to do about it. */
export function qualityNotes(
  facts: Facts,
  data: DataFacts,
  entries: readonly Entry[],
  { sampling }: Pick<SpanTable, 'sampling'>,
  sampled: Sampled,
  sham: ShamControl | undefined,
): readonly QualityNote[] {
  const notes: QualityNote[] = []
  const note: Note = (level, id, count, text, fix) => {
    if (count > 0) notes.push({ level, id, text, count, ...(fix === undefined ? {} : { fix }) })
  }
  const { rootless, untold } = facts.tallies
  note(
    data.orphans > data.spans * 0.02 ? 'warn' : 'info',
    'orphans',
    data.orphans,
    `${plural(data.orphans, 'span')} (${percentText(data.orphans / Math.max(1, data.spans))}) without the parent that ${data.orphans === 1 ? 'it names' : 'they name'}.`,
    'Raise the exporters’ queue sizes, and sample by parent.',
  )
  note('info', 'rootless', rootless, `${plural(rootless, 'trace')} lost its root: how they ended is unknown.`)
  note(
    'info',
    'duplicates',
    data.duplicates,
    `${plural(data.duplicates, 'span')} came more than once and were counted once.`,
  )
  note(
    'warn',
    'untold-calls',
    untold,
    `${plural(untold, 'call')} ${untold === 1 ? 'is' : 'are'} told by the answer alone: the caller sends no spans of calls, so what it waited for and tried cannot be seen.`,
    'Instrument the callers’ HTTP and RPC clients.',
  )
  for (const s of data.clockSkew) {
    note(
      'info',
      'clock-skew',
      s.pairs,
      `${s.service} (${s.instance}): clock about ${durationText(Math.abs(s.estMs))} ${s.estMs > 0 ? 'ahead' : 'behind'} (estimate from ${plural(s.pairs, 'call')}); shown as sent, corrected for the analysis.`,
    )
  }
  notes.push(...samplingNotes(data, sampling, sampled))
  for (const s of data.silent.filter((silent) => isService(facts, silent.service))) {
    note(
      'warn',
      'silent',
      s.calls,
      `${s.service} sent no spans (${plural(s.calls, 'call')} to it): steps through it can only be inferred.`,
      `Instrument ${s.service}, or check that it exports to the same place.`,
    )
  }
  for (const { service, answered, unseen } of halfSilent(facts)) {
    note(
      'warn',
      'half-silent',
      unseen,
      `${service} sent no span of its own for ${groupedNumber(unseen)} of ${plural(answered, 'answered call')} to it (${percentText(unseen / answered)}): it drops spans, samples by itself, or tells of some operations only. What happened there cannot be seen.`,
      `Let ${service} sample by parent (parentbased_…), and raise its exporter’s queue.`,
    )
  }
  entryNotes(entries, note)
  // Messages come when their consumer takes them: one that is held up takes fewer, and more when it catches up.
  const asked = entries.filter((e) => !e.asked.some((op) => facts.system.ops[op].kind === CONSUMER))
  notes.push(...volumeNotes(asked, facts.phases.lengthNs))
  if (sham !== undefined) notes.push(sham.note)
  return notes
}

/** Entries of which there are too few requests, or too few good ones. */
function entryNotes(entries: readonly Entry[], note: Note): void {
  const thin = entries.filter(
    (e) => countOf(e.phases[Phase.baseline]) < 30 && countOf(e.phases[Phase.chaos]) > 0,
  )
  note(
    'warn',
    'baseline-thin',
    thin.length,
    `Too few requests in the baseline to know what is normal: ${named(thin, Phase.baseline)}.`,
    'Make the baseline longer, or send more traffic.',
  )
  const failing = entries.filter((e) => countOf(e.phases[Phase.chaos]) > 0 && failsAnyway(e))
  note(
    'warn',
    'baseline-failing',
    failing.length,
    `Too few good samples: in the baseline at least half of the requests failed of ${named(failing)}. Its failures are left to the background.`,
    'Begin with a system that works, or leave this traffic out.',
  )
  const others = entries.filter((e) => !failing.includes(e) && isLeftToOthers(e))
  note(
    'warn',
    'failing-anyway',
    others.length,
    `Most requests of ${named(others)} failed while the fault was on and after it, as some had before it, for a reason that is not the fault's. All its failures are left to the background.`,
    'Find out why they fail without the fault, and try again when they do not.',
  )
  const few = entries.filter((e) => {
    const n = countOf(e.phases[Phase.chaos])
    return n > 0 && n < FEW_REQUESTS
  })
  note(
    'info',
    'chaos-thin',
    few.length,
    `Few requests while the fault was on: ${named(few, Phase.chaos)}. What hit fewer than 3 of them is left to chance.`,
    'Keep the fault on for longer, or send more traffic.',
  )
}

/** Names of entries, with the requests of a phase where one is asked for. */
function named(entries: readonly Entry[], phase?: number): string {
  const text = (e: Entry): string =>
    phase === undefined ? e.entry : `${e.entry} (${groupedNumber(countOf(e.phases[phase]))})`
  return listed(entries.map(text))
}

function failsAnyway(entry: Entry): boolean {
  return hasFailed(entry, Phase.baseline, FAILS_ANYWAY_SHARE)
}

/** See `failingForOthers`. */
function isLeftToOthers(entry: Entry): boolean {
  const { hit } = effectOn(entry.phases[Phase.chaos].filter((one) => one.outcome === Outcome.failed))
  return (
    hit === 0 &&
    hasFailed(entry, Phase.baseline, FAILS_AT_TIMES_SHARE) &&
    hasFailed(entry, Phase.chaos, FAILS_ANYWAY_SHARE) &&
    hasFailed(entry, Phase.recovery, FAILS_ANYWAY_SHARE)
  )
}

/** Of enough requests of a phase at least this share failed. */
function hasFailed({ phases }: Entry, phase: number, share: number): boolean {
  const { n, failed } = failuresIn(phases, phase)
  return n >= ENTRY_SAMPLES_MIN && failed >= share * n
}

function isService(facts: Facts, name: string): boolean {
  return facts.system.services.some((s) => s.name === name && s.kind === 'external')
}
