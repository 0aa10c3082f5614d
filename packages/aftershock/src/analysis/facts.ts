import type { ExperimentFacts } from '../model/window.ts'
import type { Attribution } from './attribution.ts'
import type { Components } from './components.ts'
import type { Forest } from './forest.ts'
import type { LogicalCalls } from './logical-calls.ts'
import type { Origins } from './origins.ts'
import type { Outcomes } from './outcomes.ts'
import type { Phases } from './phases.ts'
import type { HiddenRejections } from './rejections.ts'
import type { Sites } from './sites.ts'

/** Everything found out about the spans, before it is told as findings. */
export type Facts = {
  readonly forest: Forest
  readonly phases: Phases
  readonly fail: Uint8Array
  readonly logical: LogicalCalls
  readonly hidden: HiddenRejections
  readonly origins: Origins
  readonly parts: Components
  readonly sites: Sites
  readonly attribution: Attribution
  readonly outcomes: Outcomes
  /** Services taken for the origin, as indices: the injected ones, or the first suspect. */
  readonly targets: ReadonlySet<number>
  /** What was told of the faults; empty: blind. */
  readonly experiments: readonly ExperimentFacts[]
  /** ns from the table's epoch to the run's start; result times count from there. */
  readonly originNs: number
}

/** Milliseconds since the run's start. */
export function offsetMs(facts: Facts, ns: number): number {
  return Math.round((ns - facts.originNs) / 1e3) / 1e3
}

export function nameOf(facts: Facts, service: number): string {
  return facts.forest.services[service]?.name ?? ''
}

/** The call goes into a target, or out of one. */
export function touchesTarget({ forest, targets }: Facts, call: number): boolean {
  return targets.has(forest.service[call]) || targets.has(forest.callee[call])
}
