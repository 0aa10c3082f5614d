import type { RunResult, TraceFull } from '../model/result.ts'
import { htmlReport } from '../report/html-report.ts'
import { junitReport } from '../report/junit-report.ts'
import { markdownReport } from '../report/markdown-report.ts'
import { reportAssets } from './report-assets.ts'

/** Writes whole files: a run folder, or any folder. */
export type Write = (file: string, content: string) => void

/** Everything that is drawn from a result; result.json itself comes first, so that a failure later loses nothing. */
export async function writeOutputs(
  result: RunResult,
  traces: readonly TraceFull[],
  write: Write,
  which: 'all' | 'no-report' = 'all',
): Promise<{ readonly reportBytes: number }> {
  write('result.json', `${JSON.stringify(result, null, 1)}\n`)
  write('summary.md', markdownReport(result))
  write('junit.xml', junitReport(result))
  if (which === 'no-report') return { reportBytes: 0 }
  const html = htmlReport(result, traces, await reportAssets())
  write('report.html', html)
  return { reportBytes: Buffer.byteLength(html) }
}
