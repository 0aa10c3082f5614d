import type { RunResult } from '../model/result.ts'
import { agentReport, markdownReport, mermaidReport } from '../report/markdown-report.ts'
import { resultJson } from '../report/result-json.ts'
import { type Style, textReport } from '../report/text-report.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { Format, Output } from './io.ts'

const formats: Readonly<Record<Style, Format>> = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  fault: 'magenta',
  strong: 'bold',
  faint: 'dim',
}

export type ResultFormat = 'text' | 'md' | 'mermaid' | 'agent' | 'json'

/** The result on stdout, in the form asked for. */
export function printResult(
  result: RunResult,
  output: Output,
  flags: GlobalFlags & { readonly format?: string },
  about: {
    readonly form: 'full' | 'analysed'
    readonly report?: { readonly path: string; readonly bytes: number }
  },
): void {
  const format = flags.json ? 'json' : (flags.format ?? 'text')
  if (format === 'json') for (const piece of resultJson(result)) output.write(piece)
  else if (format === 'md') output.write(markdownReport(result))
  else if (format === 'mermaid') output.write(mermaidReport(result))
  else if (format === 'agent') output.write(agentReport(result))
  else {
    output.write(
      textReport(result, {
        width: output.isTty ? output.columns : 100,
        signs: output.unicode ? 'unicode' : 'ascii',
        style: (style, text) => output.style(formats[style], text),
        form: flags.quiet ? 'first-line' : about.form,
        report: about.report,
        invoked: process.env.npm_execpath === undefined ? 'aftershock' : 'npx aftershock',
      }),
    )
  }
}
