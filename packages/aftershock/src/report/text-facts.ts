import type { Mechanism, RunResult } from '../model/result.ts'
import { cutTo, padTo, printable, wrap } from './printable.ts'
import type { Line, Style } from './text-line.ts'
import {
  backgroundFailures,
  backText,
  estimateText,
  faultText,
  mechanismPlace,
  mechanismsWorstFirst,
  otherEntries,
  otherSuspect,
} from './words.ts'

/** What is known beside chain and hypotheses, a row each of `linesMax` lines at most. */
export function factLines(result: RunResult, width: number, linesMax: number): readonly Line[] {
  const rows: (readonly [string, string, Style?])[] = []
  const others = otherEntries(result)
  if (others.length > 0) rows.push(['Also', others.join(' · ')])
  const defences = mechanismsWorstFirst(result.mechanisms)
  if (defences.length > 0) rows.push(['Defences', defences.map(defenceText).join(' · ')])
  if (result.recovery.hops.length > 0) rows.push(['Recovery', hopsText(result.recovery.hops)])
  rows.push(['Fault', faultText(result), result.proof.tookEffect ? undefined : 'warn'])
  const suspect = otherSuspect(result)
  if (suspect !== undefined) rows.push(['Suspect', suspect])
  const background = backgroundFailures(result)
  if (background.length > 0) rows.push(['Background', background.join(' · '), 'warn'])
  const estimate = defences.find((mechanism) => mechanism.estimate !== undefined)?.estimate
  if (estimate !== undefined) rows.push(['Estimate', estimateText(estimate)])
  return rows.flatMap(([label, text, style]) =>
    fewLines(wrap(printable(text), width - 15), linesMax, width - 15).map(
      (part, i): Line => [
        '  ',
        i === 0 ? { style: 'strong', text: padTo(label, 13) } : ' '.repeat(13),
        style === undefined ? part : { style, text: part },
      ],
    ),
  )
}

function defenceText(mechanism: Mechanism): string {
  const name = mechanism.kind === 'circuit-breaker' ? 'breaker' : mechanism.kind
  return `${`${name} ${mechanismPlace(mechanism)}`.trim()} ${mechanism.verdict.toUpperCase()}`
}

/** A list that is cut ends after a whole entry where it can. */
function fewLines(lines: readonly string[], most: number, width: number): readonly string[] {
  if (lines.length <= most) return lines
  const last = lines[most - 1] ?? ''
  const whole = last.replace(/ ·[^·]*$/, '')
  const ended = whole === last ? cutTo(`${last} …`, width) : `${whole} · …`
  return [...lines.slice(0, most - 1), cutTo(ended, width)]
}

/** `order, checkout 3.90 s · web 4.10 s`: services that were back together are named together; who is not back, first. */
function hopsText(hops: RunResult['recovery']['hops']): string {
  const together = new Map<string, string[]>()
  const isBack = (hop: (typeof hops)[number]): number => (hop.backAfterMs === null ? 0 : 1)
  for (const hop of hops.toSorted((a, b) => isBack(a) - isBack(b))) {
    const held = hop.heldBy === undefined ? '' : ` (${hop.heldBy})`
    const back = `${backText(hop.backAfterMs)}${held}`
    together.set(back, [...(together.get(back) ?? []), hop.id])
  }
  return [...together].map(([back, ids]) => `${ids.join(', ')} ${back}`).join(' · ')
}
