import { ProblemError } from '../model/problem.ts'
import type { RunResult, TraceFull, TraceSpan } from '../model/result.ts'
import { evidenceOfFolder } from './evidence-of-folder.ts'
import type { Output } from './io.ts'

/** A trace as a terminal shows it: the tree, bars to scale, what happened to each span. @throws ProblemError */
export async function drawEvidence(
  runPath: string,
  result: RunResult,
  prefix: string,
  output: Output,
): Promise<string> {
  const ids = [...result.evidence, ...result.traces].map((one) => one.traceId)
  const id = ids.find((one) => one.startsWith(prefix.toLowerCase())) ?? prefix
  const [trace] = await evidenceOfFolder(runPath, result, [id])
  if (trace === undefined) {
    throw new ProblemError([
      {
        code: 'trace-unknown',
        what: `Cannot draw the trace ${prefix}`,
        why: `it must be one of the run's: its evidence is ${result.evidence
          .slice(0, 5)
          .map((one) => one.traceId.slice(0, 8))
          .join(', ')}`,
      },
    ])
  }
  return draw(trace, output)
}

const barColumns = 30

function draw(trace: TraceFull, output: Output): string {
  const children = new Map<string | null, TraceSpan[]>()
  const known = new Set(trace.spans.map((span) => span.id))
  for (const span of trace.spans) {
    const parent = span.parent !== null && known.has(span.parent) ? span.parent : null
    children.set(parent, [...(children.get(parent) ?? []), span])
  }
  const totalUs = Math.max(1, ...trace.spans.map((span) => span.start + span.dur))
  const lines: string[] = [`${trace.traceId}  ${trace.startedAt}  ${trace.spans.length} spans`]
  const visit = (span: TraceSpan, depth: number): void => {
    lines.push(row(span, depth, totalUs, output))
    for (const child of (children.get(span.id) ?? []).sort((a, b) => a.start - b.start))
      visit(child, depth + 1)
  }
  for (const root of children.get(null) ?? []) visit(root, 0)
  return `${lines.join('\n')}\n`
}

function row(span: TraceSpan, depth: number, totalUs: number, output: Output): string {
  const name = `${' '.repeat(depth)}${span.service} ${span.op}`.slice(0, 44).padEnd(45)
  const from = Math.floor((barColumns * span.start) / totalUs)
  const to = Math.max(from + 1, Math.ceil((barColumns * (span.start + span.dur)) / totalUs))
  const bar =
    `${' '.repeat(from)}${(output.unicode ? '▇' : '=').repeat(Math.min(to, barColumns) - from)}`.padEnd(
      barColumns,
    )
  const notes = [
    `${(span.dur / 1000).toFixed(1)} ms`,
    span.kind === 'internal' ? '' : span.kind,
    (span.attempt ?? 1) > 1 ? `try ${span.attempt}` : '',
    span.fault ?? '',
    ...(span.marks ?? []),
    span.error ?? '',
  ]
  const painted =
    span.error !== undefined
      ? output.style('red', bar)
      : span.fault !== undefined
        ? output.style('magenta', bar)
        : bar
  return `${name} ${painted} ${notes.filter((note) => note !== '').join(' · ')}`
}
