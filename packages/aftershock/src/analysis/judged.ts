import type { Components } from './components.ts'
import type { Forest } from './forest.ts'
import type { LogicalCalls } from './logical-calls.ts'
import type { Origins } from './origins.ts'
import type { Phases } from './phases.ts'
import type { Sites } from './sites.ts'
import type { Missed } from './usual-callees.ts'

/** What is judged, of one partition. */
export type Judged = {
  readonly forest: Forest
  readonly fail: Uint8Array
  readonly parts: Components
  readonly logical: LogicalCalls
  readonly origins: Origins
  readonly sites: Sites
  readonly phases: Phases
  readonly leftOut: Missed
}
