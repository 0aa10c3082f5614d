import type { Forest } from '../assemble/forest.ts'
import type { Phases } from '../assemble/phases.ts'
import type { LogicalCalls } from './logical-calls.ts'
import type { Origins } from './origins.ts'
import type { HiddenRejections } from './rejections.ts'
import type { Missed } from './usual-callees.ts'

/** Spans with how they failed and why; what the judging steps begin with. */
export type Traced = {
  readonly forest: Forest
  readonly phases: Phases
  readonly fail: Uint8Array
  readonly logical: LogicalCalls
  readonly hidden: HiddenRejections
  readonly origins: Origins
  /** What owners of the baseline mostly call, and fewer later. */
  readonly leftOut: Missed
}
