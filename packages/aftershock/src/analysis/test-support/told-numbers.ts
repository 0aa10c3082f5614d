import type { Mechanism, Recovery } from '../../model/result.ts'
import type { Numbers } from './true-numbers.ts'

/** The numbers of `trueNumbers()` as the analysis tells them. */
export function toldNumbers(findings: {
  readonly mechanisms: readonly Mechanism[]
  readonly recovery: Recovery
}): Numbers {
  const numbers = new Map<string, number>()
  for (const m of findings.mechanisms) {
    if (m.verdict === 'absent') continue
    for (const [what, value] of numbersOf(m))
      if (value !== undefined) numbers.set(`${m.kind} ${what} ${m.caller}>${m.callee}`, value)
  }
  const { overallMs, hops } = findings.recovery
  if (overallMs !== null) numbers.set('recovery backAfterMs users', overallMs)
  for (const { id, backAfterMs } of hops)
    if (backAfterMs !== null) numbers.set(`recovery backAfterMs ${id}`, backAfterMs)
  return numbers
}

function numbersOf(m: Mechanism): readonly (readonly [string, number | undefined])[] {
  const raw = (label: string): number | undefined => m.facts.find((fact) => fact.label === label)?.raw
  const { timeoutMs, extraAttempts, maxAttempts, rescued, loadX, amplificationX, openings, sideEffects } = m
  return [
    ...Object.entries({ timeoutMs, extraAttempts, maxAttempts, rescued, loadX, amplificationX, sideEffects }),
    ['pause1', m.backoffMs?.[0]],
    ['pause2', m.backoffMs?.[1]],
    ['waitedMs', raw('waited (p50)')],
    ['openings', openings?.length],
    ['openMs', raw('open for, all instances')],
    ['won', raw('second call won')],
    ['repeated', raw('requests that wrote the same twice')],
    ['afterMs', raw('work after the caller left, in all')],
    ['lost', raw('requests that failed anyway')],
  ]
}
