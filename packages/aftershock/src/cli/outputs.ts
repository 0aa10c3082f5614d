import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { RunResult, TraceFull } from '../model/result.ts'
import { htmlReport, htmlReportFolder } from '../report/html-report.ts'
import { junitReport } from '../report/junit-report.ts'
import { markdownReport } from '../report/markdown-report.ts'
import { reportAssets } from './report-assets.ts'

const TRACES_FILE = 'traces.otlp.jsonl.gz'

/** Writes whole files: a run folder, or any folder. */
export type Write = (file: string, content: string) => void

/** Writes into a folder, each file whole or not at all; long ones in pieces. */
export function wholeFilesIn(folder: string): (file: string, content: string | Iterable<string>) => void {
  return (name, content) => {
    const file = resolve(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    try {
      writePieces(`${file}.part`, typeof content === 'string' ? [content] : content)
      renameSync(`${file}.part`, file)
    } catch (error) {
      // Nobody knows the other name, and half a file is of no use.
      rmSync(`${file}.part`, { force: true })
      throw Object.assign(error as NodeJS.ErrnoException, { path: file, syscall: 'open' })
    }
  }
}

function writePieces(path: string, pieces: Iterable<string>): void {
  const file = openSync(path, 'w')
  try {
    for (const piece of pieces) writeFileSync(file, piece)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Everything that is drawn from a result; result.json itself is written before, so that a failure here loses nothing. */
export async function writeOutputs(
  result: RunResult,
  traces: readonly TraceFull[],
  write: Write,
  which: 'all' | 'no-report' = 'all',
): Promise<{ readonly reportBytes: number }> {
  write('summary.md', markdownReport(result))
  write('junit.xml', junitReport(result))
  if (which === 'no-report') return { reportBytes: 0 }
  // An analysis leaves the traces where they are.
  const sideFile = result.run.target === 'traces' ? undefined : TRACES_FILE
  const html = htmlReport(result, traces, await reportAssets(), { sideFile })
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
