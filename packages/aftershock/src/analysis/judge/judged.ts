import type { Forest } from '../assemble/forest.ts'
import type { Phases } from '../assemble/phases.ts'
import type { LogicalCalls } from '../calls/logical-calls.ts'
import type { Origins } from '../calls/origins.ts'
import type { Missed } from '../calls/usual-callees.ts'
import type { Components } from './components.ts'
import type { Sites } from './sites.ts'

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
