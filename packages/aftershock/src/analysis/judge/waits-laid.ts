import type { Blame } from './blame.ts'
import type { Sites } from './sites.ts'
import type { Waited } from './wait-sites.ts'

/** How long the message that a span took up had lain, where that is laid to the fault. */
export function waitLaidToFault({ waited }: Sites, { reasons }: Blame, p: number): Waited | undefined {
  if (waited.size === 0) return undefined
  const one = waited.get(p)
  return one === undefined || reasons[one.site] === 'none' ? undefined : one
}
