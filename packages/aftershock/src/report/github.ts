import type { FaultReport, RunResult } from '../model/result.ts'
import { markdownReport, mermaidReport } from './markdown-report.ts'
import { printable } from './printable.ts'
import { faultsLeft, hypothesesFailedFirst, notesWorstFirst, otherReasons, VERDICT_WORDS } from './words.ts'

/** GitHub shows ten errors of a step; the verdict takes the first place. */
const ERRORS_MAX = 10
const WARNINGS_MAX = 10
/** GitHub refuses more than 1 MiB. */
const SUMMARY_BYTES_MAX = 900_000

/**
 * Workflow commands for GitHub Actions, one a line: an error for the verdict and for each broken
 * hypothesis, warnings for doubtful data. Goes to stdout of the step.
 */
export function githubCommands(result: RunResult): string {
  const file = result.faults[0]?.source
  const { verdict, headline } = result.run
  const lines: string[] = []
  if (verdict !== 'held') {
    const first = hypothesesFailedFirst(result)[0] ?? otherReasons(result).find((reason) => !reason.ok)
    const why =
      first === undefined
        ? ''
        : `: ${first.probe === undefined ? first.text : `${first.probe}, was ${first.actual ?? '?'}`}`
    lines.push(command('error', `${VERDICT_WORDS[verdict]}${why}`, headline, file))
  }
  for (const fault of faultsLeft(result))
    lines.push(
      command(
        'error',
        'A fault may still be active',
        `${fault.label}: aftershock stop ${result.run.id}`,
        fault.source,
      ),
    )
  for (const reason of hypothesesFailedFirst(result)
    .filter((r) => !r.ok)
    .slice(1))
    lines.push(command('error', `Broke: ${reason.probe}`, reason.text, file))
  const warnings = notesWorstFirst(result.quality)
    .filter((note) => note.level !== 'info')
    .slice(0, WARNINGS_MAX)
    .map((note) => command('warning', 'Quality of the data', note.text, undefined))
  return [...lines.slice(0, ERRORS_MAX), ...warnings].map((line) => `${line}\n`).join('')
}

/** What goes into `$GITHUB_STEP_SUMMARY`: the summary and the chain as a picture, at most 900 KB. */
export function githubSummary(result: RunResult): string {
  const chart = result.chain.length === 0 ? '' : `\n\`\`\`mermaid\n${mermaidReport(result)}\`\`\`\n`
  const whole = `${markdownReport(result)}${chart}`
  const bytes = new TextEncoder().encode(whole)
  if (bytes.length <= SUMMARY_BYTES_MAX) return whole
  const note = '\n\n… cut: the rest is in the report.\n'
  return `${new TextDecoder().decode(bytes.slice(0, SUMMARY_BYTES_MAX - 200)).replace(/\ufffd+$/, '')}${note}`
}

function command(
  kind: 'error' | 'warning',
  title: string,
  message: string,
  source: FaultReport['source'] | undefined,
): string {
  const place = source === undefined ? [] : [`file=${property(source.file)}`, `line=${source.line}`]
  return `::${kind} ${[...place, `title=${property(title)}`].join(',')}::${data(message)}`
}

function data(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(printable)
    .join('\n')
    .replace(/%/g, '%25')
    .replace(/\n/g, '%0A')
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C')
}
