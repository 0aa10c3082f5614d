import { dictsIn } from '../../engine/chaos-toolkit/control-order.ts'
import { NO_OBSERVER } from '../../engine/chaos-toolkit/observe-nothing.ts'
import type { ActivityOutcome, RunObserver } from '../../engine/chaos-toolkit/ports.ts'
import type { RunInput } from '../../engine/chaos-toolkit/run.ts'
import { activityFailed } from '../../engine/chaos-toolkit/stops.ts'
import { momentOf } from '../../engine/chaos-toolkit/times.ts'
import { systemClock } from '../../engine/clock.ts'
import { isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { type FaultFacts, faultFacts } from './fault-facts.ts'

/** The faults of a run that was killed: those that its records tell, and what undoes them now. */
export type ReplayedFaults = FaultFacts & {
  readonly replay: (journal: PyDict, input: RunInput) => void
}

export function replayedFaults(inner: RunObserver, file: string): ReplayedFaults {
  const now = systemClock().nowNs
  let atNs: bigint | undefined
  // What is told again was traced when it happened.
  const live: RunObserver = {
    start: (step, parent) => (atNs === undefined ? inner : NO_OBSERVER).start(step, parent),
  }
  const { observer, facts } = faultFacts(live, file, () => atNs ?? now())
  const tell = (record: PyDict, section: 'method' | 'rollbacks') => {
    const activity = record.get('activity')
    if (!isDict(activity)) return
    atNs = nsOf(record.get('start'))
    const step = observer.start({ kind: 'activity', activity, isBackground: false, section }, undefined)
    // Of what was under way nobody knows how far it came: the fault may be there.
    if (record.has('end')) atNs = nsOf(record.get('end'))
    step.end({ kind: 'activity', record: undefined, outcome: outcomeOf(record) })
  }
  return {
    observer,
    facts,
    replay: (journal, input) => {
      atNs = nsOf(journal.get('start'))
      const { experiment, configuration, secrets, settings } = input
      const extensions = experiment.get('extensions')
      const document = { experiment, configuration, secrets, settings, extensions, journal }
      observer.start({ kind: 'experiment', experiment, document }, undefined)
      for (const record of dictsIn(journal.get('run'))) tell(record, 'method')
      for (const key of ['rollbacks', 'safety_rollbacks'])
        for (const record of dictsIn(journal.get(key))) if (record.has('end')) tell(record, 'rollbacks')
      atNs = undefined
    },
  }
}

function outcomeOf(record: PyDict): ActivityOutcome {
  const status = record.get('status')
  if (status === 'succeeded') return { kind: 'returned', value: record.get('output') ?? null }
  return status === 'failed'
    ? { kind: 'failed', error: activityFailed('it failed before the run was killed') }
    : { kind: 'stopped' }
}

function nsOf(text: unknown): bigint {
  return BigInt(momentOf(text).epochMicros) * 1_000n
}
