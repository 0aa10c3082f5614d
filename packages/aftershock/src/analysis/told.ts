import type { Attribution } from './blame.ts'
import type { Judged } from './judged.ts'
import type { Outcomes } from './outcomes.ts'
import type { Traced } from './traced.ts'

/** All that is found out about a partition's spans. */
export type Told = Traced & Judged & { readonly attribution: Attribution; readonly outcomes: Outcomes }
