import { isoOf } from '../../engine/clock.ts'
import { dict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { Injection } from '../../model/run.ts'

/** What the journal says besides the Chaos Toolkit's own: faults, their windows, what undid them. */
export function journalFacts(injections: readonly Injection[]): PyDict {
  return dict({ faults: injections.map(faultOf) })
}

function faultOf(one: Injection): PyDict {
  const time = (ns: bigint | undefined): PyValue => (ns === undefined ? null : isoOf(ns))
  return dict({
    kind: one.kind,
    label: one.label,
    parameters: dict(one.params),
    targets: one.targets.map((target) => dict({ service: target.service, pod: target.pod })),
    window: dict({
      possible: dict({ start: time(one.startPossibleNs), end: time(one.endPossibleNs) }),
      certain: dict({ start: time(one.startCertainNs), end: time(one.endCertainNs) }),
    }),
    ...(one.removal.ok
      ? { undone: true, verified_by: one.removal.verifiedBy }
      : { undone: false, problem: one.removal.problem }),
  })
}
