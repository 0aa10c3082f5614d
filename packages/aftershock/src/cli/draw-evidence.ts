import { greatestOf } from '../model/extremes.ts'
import { durationText } from '../model/numbers.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunResult, TraceFull, TraceSpan } from '../model/result.ts'
import { asciiOnly, cutTo, padTo, printable } from '../report/printable.ts'
import { shortTraceId } from '../report/words.ts'
import { evidenceOfFolder } from './evidence-of-folder.ts'
import type { Output } from './io.ts'

/** A trace as a terminal shows it: the tree, bars to scale, what happened to each span. @throws ProblemError */
export async function drawEvidence(
  runPath: string,
  result: RunResult,
  prefix: string,
  output: Output,
): Promise<string> {
  const asked = prefix.toLowerCase()
  const ids = [...result.evidence, ...result.traces].map((one) => one.traceId)
  const id =
    ids.find((one) => one.startsWith(asked)) ??
    ids.find((one) => one.replace(/^0+/, '').startsWith(asked)) ??
    prefix
  const [trace] = await evidenceOfFolder(runPath, result, [id])
  if (trace === undefined) {
    throw new ProblemError([
      {
        code: 'trace-unknown',
        what: `Cannot draw the trace ${prefix}`,
        why: `it must be one of the run's: its evidence is ${result.evidence
          .slice(0, 5)
          .map((one) => shortTraceId(one.traceId))
          .join(', ')}`,
        fix: 'name one of these, or the whole id of another trace of the run',
      },
    ])
  }
  return draw(trace, output)
}

/** Beside the bars there is room for names and for what happened. */
const namesMax = 44
const notesMin = 26

function draw(trace: TraceFull, output: Output): string {
  const known = new Set(trace.spans.map((span) => span.id))
  const children = Map.groupBy(trace.spans, ({ parent }) =>
    parent !== null && known.has(parent) ? parent : null,
  )
  const totalUs = Math.max(1, greatestOf(trace.spans.map((span) => span.start + span.dur)))
  const lines: string[] = [
    `${printable(trace.traceId)}  ${trace.startedAt}  ${trace.spans.length} spans, ${durationText(totalUs / 1000)}`,
  ]
  const visit = (span: TraceSpan, depth: number): void => {
    lines.push(row(span, depth, totalUs, output))
    for (const child of (children.get(span.id) ?? []).sort((a, b) => a.start - b.start))
      visit(child, depth + 1)
  }
  for (const root of children.get(null) ?? []) visit(root, 0)
  return `${lines.join('\n')}\n`
}

function row(span: TraceSpan, depth: number, totalUs: number, output: Output): string {
  const barColumns = output.columns < 100 ? 16 : 30
  const nameColumns = Math.max(16, Math.min(namesMax, output.columns - barColumns - notesMin))
  // Names come out of traces: nothing in them may move the cursor.
  const name = padTo(
    cutTo(`${' '.repeat(depth)}${printable(`${span.service} ${span.op}`)}`, nameColumns),
    nameColumns + 1,
  )
  const from = Math.floor((barColumns * span.start) / totalUs)
  const to = Math.max(from + 1, Math.ceil((barColumns * (span.start + span.dur)) / totalUs))
  const bar =
    `${' '.repeat(from)}${(output.unicode ? '▇' : '=').repeat(Math.min(to, barColumns) - from)}`.padEnd(
      barColumns,
    )
  const notes = [
    durationText(span.dur / 1000),
    (span.attempt ?? 1) > 1 ? `try ${span.attempt}` : '',
    span.fault ?? '',
    ...(span.marks ?? []),
    span.error ?? '',
    span.kind === 'internal' ? '' : span.kind,
  ]
  const painted =
    span.error !== undefined
      ? output.style('red', bar)
      : span.fault !== undefined
        ? output.style('magenta', bar)
        : bar
  const said = printable(notes.filter((note) => note !== '').join(' · '))
  const line = (sign: string): string => (output.unicode ? sign : asciiOnly(sign))
  const room = output.columns - nameColumns - barColumns - 3
  return `${line(name)} ${painted} ${line(output.isTty ? cutTo(said, Math.max(room, notesMin - 3)) : said)}`
}
