import type { RunObserver } from '../../engine/chaos-toolkit/ports.ts'
import { watchFaults } from '../../engine/chaos-toolkit/watch-faults.ts'
import { systemClock } from '../../engine/clock.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import { journalFacts } from '../toolkit-run/journal-facts.ts'

export type FaultFacts = {
  readonly observer: RunObserver
  /** The journal's key `aftershock`; undefined when no action was a fault that we know. */
  readonly facts: () => PyDict | undefined
}

/** Which faults the actions injected, their windows, and what undid them. */
export function faultFacts(
  inner: RunObserver,
  file: string,
  nowNs: () => bigint = systemClock().nowNs,
): FaultFacts {
  const watch = watchFaults({
    inner,
    nowNs,
    recorder: { record: () => {} },
    services: [],
    file,
    onChange: () => {},
  })
  return {
    observer: watch.observer,
    facts: () => {
      // Without a known fault the whole method stands for one: that is for an analysis, the journal has it already.
      const known = watch.injections().filter((one) => one.kind !== 'Method')
      return known.length === 0 ? undefined : journalFacts(known)
    },
  }
}
