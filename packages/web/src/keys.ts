import { hrefOf, NO_FILTER } from './route.ts'
import { nextTheme } from './theme.ts'

/** Keys and what they do, for the About page. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['1 … 9', 'go to that step'],
  ['[ ]', 'step before, step after'],
  ['t', 'light, dark, as the system'],
  ['/', 'search the traces'],
  ['?', 'this list'],
  ['Esc', 'back to where you were'],
  ['← →', 'in the timeline: 1 s, with Shift 10 s; Home and End'],
  ['← → ↑ ↓', 'in the blast radius: the nearest service that way'],
  ['↑ ↓ or j k', 'in a trace: the next span'],
  ['← →', 'in a trace: fold, unfold'],
  ['e f r', 'in a trace: next error, fault, retry'],
  ['c', 'in a trace: critical path on and off'],
  ['Enter', 'in a trace: details of the span'],
]

type Place = { readonly steps: number; readonly step: number | undefined; readonly page: string }

/** Keys that work on every page; single letters stay with whoever types into a field. */
export function onPageKey(event: KeyboardEvent, place: Place): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return
  if (event.key === 't') nextTheme()
  else if (event.key === '?') location.hash = hrefOf({ page: 'about' })
  else if (event.key === '/') {
    event.preventDefault()
    location.hash = hrefOf({ page: 'traces', filter: NO_FILTER })
    setTimeout(() => document.getElementById('search')?.focus(), 50)
  } else if (event.key === 'Escape' && place.page !== 'overview') history.back()
  else {
    const step = stepAfter(event.key, place)
    if (step !== undefined) location.hash = hrefOf({ page: 'overview', step })
  }
}

function stepAfter(key: string, { steps, step }: Place): number | undefined {
  const to =
    key === '[' ? (step ?? 2) - 1 : key === ']' ? (step ?? 0) + 1 : /^[1-9]$/.test(key) ? Number(key) : 0
  return to >= 1 && to <= steps ? to : undefined
}

function isField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, select, textarea') !== null
}
