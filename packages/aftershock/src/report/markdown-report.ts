import { countText, durationText, offsetText, shareText, timesText, timeText } from '../model/numbers.ts'
import type { EdgeRow, RunResult, Step } from '../model/result.ts'
import { printable } from './printable.ts'
import { stepFacts } from './text-steps.ts'
import {
  backgroundFailures,
  backText,
  estimateText,
  faultText,
  hypothesesFailedFirst,
  MECHANISM_WORDS,
  mechanismPlace,
  mechanismsWorstFirst,
  notesWorstFirst,
  otherEntries,
  otherReasons,
  recoverySentence,
  stepGlyph,
  VERDICT_GLYPHS,
  VERDICT_WORDS,
} from './words.ts'

const EDGES_MAX = 30
const STEPS_MAX = 30

/** `summary.md`: what a pull request should say about a run; every name in it is escaped. */
export function markdownReport(result: RunResult): string {
  const { run } = result
  const parts = [
    `## ${VERDICT_GLYPHS[run.verdict]} ${VERDICT_WORDS[run.verdict]}: ${markdownText(run.name)}`,
    `**${markdownText(run.headline)}**${sentence(recoverySentence(result))}`,
    ...(run.verdict === 'inconclusive' || run.verdict === 'stopped'
      ? [bullets(otherReasons(result).map((reason) => markdownText(reason.text)))]
      : []),
    ...section('How it spread', chainList(result.chain)),
    bullets(otherEntries(result).map((text) => `Also: ${markdownText(text)}`)),
    bullets(backgroundFailures(result).map((text) => `Not laid to the fault: ${markdownText(text)}`)),
    ...section('Hypotheses', bullets(hypothesesFailedFirst(result).map(hypothesis))),
    ...section('Defences', bullets(mechanismsWorstFirst(result.mechanisms).map(mechanismLine))),
    ...section('Recovery', bullets(result.recovery.hops.map(hopLine))),
    `**Fault:** ${markdownText(faultText(result))}`,
    ...section('Every edge', edgeTable(result.edges)),
    ...section(
      'Not seen, and the quality of the data',
      bullets(notesWorstFirst(result.quality).map(noteLine)),
    ),
    footer(result),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** The chain for an agent or a prompt: no table, no decoration, grades and rules in full. */
export function agentReport(result: RunResult): string {
  const steps = result.chain.map((step) => {
    const proof = step.evidence.map((ref) => ref.traceId).slice(0, 3)
    const causes = step.causes.length === 0 ? '' : ` because of ${step.causes.join(', ')};`
    return `${step.n}. [${step.id}] ${printable(step.text)}: ${printable(stepFacts(step))};${causes} at ${offsetText(step.at)}; grade ${step.grade} by rule "${printable(step.rule.text)}"${proof.length === 0 ? '' : `; traces ${proof.join(' ')}`}`
  })
  const defences = mechanismsWorstFirst(result.mechanisms).map(
    (m) =>
      `- ${m.kind} ${mechanismPlace(m)}: ${m.verdict} (${m.grade}, ${countText(m.count)}). ${printable(m.sentence)}${m.estimate === undefined ? '' : ` Estimate: ${printable(estimateText(m.estimate))}.`}`,
  )
  const unsure = notesWorstFirst(result.quality).map((note) => `- ${note.level}: ${printable(note.text)}`)
  return `${[
    `# Aftershock run ${printable(result.run.id)}: ${result.run.verdict}`,
    printable(result.run.headline),
    `Fault: ${result.run.faults.map(printable).join('; ') || 'none given'}. ${printable(faultText(result))}.`,
    ...(steps.length === 0 ? [] : ['Chain, cause first:', steps.join('\n')]),
    ...(defences.length === 0 ? [] : ['Defences:', defences.join('\n')]),
    ...(unsure.length === 0 ? [] : ['What could not be seen:', unsure.join('\n')]),
    `Reproduce: ${printable(result.run.command)}`,
  ].join('\n\n')}\n`
}

/** The chain as a Mermaid flow chart: causes as arrows, inferred steps dashed. */
export function mermaidReport(result: RunResult): string {
  const ids = new Map(result.chain.map((step, i) => [step.id, `s${i + 1}`]))
  const nodes = result.chain.map(
    (step) =>
      `  ${ids.get(step.id)}["${mermaidText(`${step.n} ${step.text}`)}<br/>${mermaidText(stepFacts(step))}"]${step.kind === 'inject' ? ':::fault' : step.grade === 'observed' ? '' : ':::inferred'}`,
  )
  const arrows = result.chain.flatMap((step) =>
    step.causes.flatMap((cause) => (ids.has(cause) ? [`  ${ids.get(cause)} --> ${ids.get(step.id)}`] : [])),
  )
  return `${[
    'flowchart LR',
    ...nodes,
    ...arrows,
    '  classDef fault stroke:#7a3ff2,stroke-width:2px,stroke-dasharray:4',
    '  classDef inferred stroke-dasharray:2',
  ].join('\n')}\n`
}

function chainList(chain: readonly Step[]): string {
  const shown = chain.slice(0, STEPS_MAX)
  const lines = shown.map(
    (step) =>
      `${step.n}. ${stepGlyph(step)} **${markdownText(step.text)}** · ${offsetText(step.at)} · ${markdownText(stepFacts(step))}${step.grade === 'observed' ? ' · observed' : ''}`,
  )
  return [...lines, ...(chain.length > shown.length ? [`\n… ${chain.length - shown.length} more`] : [])].join(
    '\n',
  )
}

function hypothesis(reason: RunResult['verdictReasons'][number]): string {
  const was = reason.actual === undefined ? '' : `: was ${markdownText(reason.actual)}`
  return `${reason.ok ? '✓' : '✕'} ${markdownText(reason.probe ?? reason.text)}${was}`
}

function mechanismLine(m: RunResult['mechanisms'][number]): string {
  const estimate = m.estimate === undefined ? '' : ` *Estimate: ${markdownText(estimateText(m.estimate))}.*`
  return `**${MECHANISM_WORDS[m.kind]}** ${markdownText(mechanismPlace(m))}: **${m.verdict.toUpperCase()}** (${m.grade}). ${markdownText(m.sentence)}${estimate}`
}

function hopLine(hop: RunResult['recovery']['hops'][number]): string {
  const text = backText(hop.backAfterMs)
  const back =
    hop.backAfterMs === null
      ? 'not back when the data ended'
      : text === 'at once'
        ? 'back at once'
        : `back after ${text}`
  return `${markdownText(hop.id)}: ${back}${hop.heldBy === undefined ? '' : ` (${markdownText(hop.heldBy)})`}`
}

function noteLine(note: RunResult['quality'][number]): string {
  const fix = note.fix === undefined ? '' : ` To mend it: ${markdownText(note.fix)}`
  return `${note.level === 'info' ? '' : '⚠ '}${markdownText(note.text)}${fix}`
}

function edgeTable(edges: readonly EdgeRow[]): string {
  if (edges.length === 0) return ''
  const rows = edges.slice(0, EDGES_MAX).map((edge) => {
    const { baseline: before, chaos: during, recovery: after } = edge.phases
    return `| ${[
      markdownText(`${edge.from} → ${edge.to} ${edge.op}`),
      countText(before.n),
      countText(during.n),
      edge.phases.baseline.n === 0 ? '–' : timesText(edge.delta.loadX),
      shareText(before.errors, before.n),
      shareText(during.errors, during.n),
      shareText(after.errors, after.n),
      durationText(before.p95Ok),
      durationText(during.p95Ok),
      durationText(after.p95Ok),
      during.retries === 0 ? '–' : countText(during.retries),
    ].join(' | ')} |`
  })
  const more = edges.length - rows.length
  return [
    '| edge | calls before | during | per user request | errors before | during | after | p95 ok before | during | after | retries |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    ...(more > 0 ? [`\n… ${more} more edges in the report`] : []),
  ].join('\n')
}

function footer(result: RunResult): string {
  const { run, data } = result
  const facts = [
    code(run.id),
    timeText(run.startedAt),
    durationText(Math.round(run.durationMs)),
    `${countText(data.traces)} traces`,
    `${countText(data.spans)} spans`,
  ]
  const again = run.command === '' ? '' : `\n\nAgain: ${code(run.command)}`
  return `${facts.join(' · ')}${again}`
}

function section(title: string, body: string): readonly string[] {
  return body === '' ? [] : [`### ${title}`, body]
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}

function sentence(text: string | undefined): string {
  return text === undefined ? '' : ` ${text}`
}

/** Text in which nothing is Markdown or HTML; mentions and links of a forge are defused too. */
function markdownText(text: string): string {
  return printable(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|~#]/g, '\\$&')
    .replace(/@(?=\w)/g, '@\u2060')
}

function code(text: string): string {
  const safe = printable(text)
  const ticks = '`'.repeat(Math.max(0, ...[...safe.matchAll(/`+/g)].map((run) => run[0].length)) + 1)
  const pad = safe.startsWith('`') || safe.endsWith('`') ? ' ' : ''
  return `${ticks}${pad}${safe}${pad}${ticks}`
}

function mermaidText(text: string): string {
  return printable(text).replace(/[&<>"#;`[\]{}|]/g, (sign) => `#${sign.charCodeAt(0)};`)
}
