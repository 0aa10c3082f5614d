import type { Traced } from '../calls/traced.ts'
import type { Attribution } from './blame.ts'
import type { Judged } from './judged.ts'
import type { Outcomes } from './outcomes.ts'

/** All that is found out about a partition's spans. */
export type Told = Traced & Judged & { readonly attribution: Attribution; readonly outcomes: Outcomes }
