import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { RunResult, TraceFull } from '../model/result.ts'
import { htmlReport, htmlReportFolder } from '../report/html-report.ts'
import { junitReport } from '../report/junit-report.ts'
import { markdownReport } from '../report/markdown-report.ts'
import { reportAssets } from './report-assets.ts'

/** Writes whole files: a run folder, or any folder. */
export type Write = (file: string, content: string) => void

/** Writes into a folder, each file whole or not at all. */
export function wholeFilesIn(folder: string): Write {
  return (name, content) => {
    const file = resolve(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.part`, content, { flush: true })
    renameSync(`${file}.part`, file)
  }
}

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

/** The page of `--report-dir`: index.html with its script and style beside it. */
export async function writeReportFolder(
  result: RunResult,
  traces: readonly TraceFull[],
  write: Write,
): Promise<void> {
  const files = htmlReportFolder(result, traces, await reportAssets())
  for (const [file, content] of Object.entries(files)) write(file, content)
}
