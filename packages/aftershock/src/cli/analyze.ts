import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { CrewSpans } from '../crew/crew-hand.ts'
import { partitionsOf, partitionTable } from '../crew/spooled-spans.ts'
import { buildResult } from '../engine/build-result.ts'
import { judgeTraces } from '../engine/judge-traces.ts'
import { outcomeOfWindows } from '../engine/outcome-of-windows.ts'
import { countOf } from '../model/numbers.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunResult, TraceFull } from '../model/result.ts'
import { resultJson } from '../report/result-json.ts'
import { askedWindows, type WindowFlags, windowsFor } from './analyze-windows.ts'
import type { CommandContext } from './command-module.ts'
import { commandText } from './command-text.ts'
import { explainTracesInThreads } from './explain-traces.ts'
import { failingVerdicts } from './fail-on.ts'
import { shownPath } from './find-files.ts'
import { evidenceViews } from './finish-run.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { Io } from './io.ts'
import { wholeFilesIn, writeOutputs, writeReportFolder } from './outputs.ts'
import { printProblems } from './print-problem.ts'
import { printResult } from './print-result.ts'
import { progressOn } from './progress.ts'
import { PIPED_SPANS_MAX, readSpans, SPANS_MAX } from './read-spans.ts'

type AnalyzeFlags = GlobalFlags &
  WindowFlags & {
    readonly out?: string
    readonly reportDir?: string
    readonly format?: string
    readonly failOn?: string
    readonly spansMax?: string
  }

export function build(command: Command, context: CommandContext): void {
  command
    .argument(
      '<sources...>',
      'trace files, globs or -: OTLP JSON lines or protobuf, Jaeger, Zipkin, Tempo, ClickHouse rows; plain or gzip',
    )
    .addOption(
      new Option(
        '--windows <file>',
        'window file, the result.json of a run, or a watcher’s /api/window-file/…',
      ).conflicts(['fault', 'split', 'baselineWindow']),
    )
    .addOption(
      new Option('--fault <text>', '"payment latency +500ms @ 03:03:10..03:04:10"').conflicts('split'),
    )
    .option('--split <time>', 'baseline before, chaos after')
    .option('--baseline-window <from..to>', 'with --fault or --split')
    .option('--out <file>', 'write result.json there')
    .option(
      '--report-dir <dir>',
      'write report.html, summary.md, junit.xml and result.json there, and index.html',
    )
    .option(
      '--spans-max <n>',
      `of more spans, whole traces are left out, chosen by id; the result says how many (default: ${SPANS_MAX}, with --report-dir ${PIPED_SPANS_MAX} from a pipe)`,
    )
    .option('--fail-on <verdicts>', 'verdicts that give a non-zero exit (default: none)')
    .addOption(new Option('--format <format>').choices(['text', 'md', 'mermaid', 'agent', 'json']))
    .action(async (sources: readonly string[], flags: AnalyzeFlags) => {
      const io = context.io()
      const failing = failingVerdicts(flags.failOn ?? 'stopped')
      const { result, traces } = await analyzeSources(sources, await askedWindows(flags, io.env), io, context)
      if (flags.out !== undefined) wholeFilesIn(io.cwd)(flags.out, resultJson(result))
      let report: { path: string; bytes: number } | undefined
      if (flags.reportDir !== undefined) {
        const folder = resolve(io.cwd, flags.reportDir)
        const views = await traces()
        const write = wholeFilesIn(folder)
        write('result.json', resultJson(result))
        const { reportBytes } = await writeOutputs(result, views, write)
        await writeReportFolder(result, views, write)
        report = { path: shownPath(join(folder, 'report.html'), io.cwd), bytes: reportBytes }
      }
      if (flags.out === undefined || flags.json || flags.format !== undefined || io.out.isTty) {
        printResult(result, io.out, flags, { form: 'analysed', ...(report !== undefined && { report }) })
      }
      context.exit(exitCodeOf(result, failing))
    })
}

async function analyzeSources(
  sources: readonly string[],
  flags: AnalyzeFlags,
  io: Io,
  context: CommandContext,
) {
  const progress = progressOn(io.err, flags.quiet || flags.json ? 'quiet' : 'normal')
  const startedMs = performance.now()
  const wantsReport = flags.reportDir !== undefined
  const read = await readSpans(
    sources.map((source) => (source === '-' ? source : resolve(io.cwd, source))),
    {
      attributes: wantsReport ? 'keep' : 'drop',
      spansMax: flags.spansMax === undefined ? undefined : spansMaxOf(flags.spansMax),
      onProgress: ({ spans }) =>
        progress.waiting(spans === 0 ? 'reading' : `read ${countOf(spans, 'spans')}`),
    },
  )
  const { table, length, extent } = factsOf(read.spans)
  if (length > 0) printProblems(read.problems, io.err)
  else throw new ProblemError(read.problems.length > 0 ? read.problems : [noSpans(sources)], 2)
  const windows = windowsFor(flags, table, io.cwd, extent)
  const outcome = outcomeOfWindows(windows, flags.windows ?? '--fault')
  const name = windows.experiments[0]?.name ?? 'analysis'
  const findings = await explainTracesInThreads(read.spans, {
    windows,
    originNs: outcome.startedNs,
    options: { sampled: read.sampled },
  })
  progress.done(
    `read ${countOf(findings.data.traces, 'traces')}, ${countOf(findings.data.spans, 'spans')}, ${countOf(findings.data.services.length, 'services')}  ${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
  )
  progress.end()
  const identity = {
    id: `a-${outcome.startedNs.toString(36)}`,
    name,
    target: 'traces',
    seed: 0,
    command: commandText(context.argv),
    version: context.version,
    node: process.versions.node,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    git: undefined,
  }
  const result = buildResult(identity, outcome, windows, findings, judgeTraces(windows, findings))
  const traces = async (): Promise<readonly TraceFull[]> =>
    evidenceViews(result, await read.whole(result.evidence.map(({ traceId }) => traceId)), outcome)
  return { result, traces }
}

/** The table, or a sample of the traces of one that is in a file. */
function factsOf(spans: CrewSpans) {
  if (spans.kind === 'table') return { table: spans.table, length: spans.table.length, extent: undefined }
  const { spooled } = spans
  const { epochNs } = spooled.common
  const { fromNs, toNs } = spooled.extent
  const extent = {
    startNs: epochNs + BigInt(Math.floor(fromNs)),
    endNs: epochNs + BigInt(Math.ceil(toNs)),
  }
  return { table: partitionTable(spooled, 0, partitionsOf(spooled)), length: spooled.length, extent }
}

function spansMaxOf(text: string): number {
  const spans = Number(text)
  if (Number.isSafeInteger(spans) && spans >= 1000) return spans
  const problem = {
    code: 'spans-max',
    what: 'Cannot read --spans-max',
    why: `it must be a whole number of 1000 or more: current value is ${JSON.stringify(text)}`,
    fix: `--spans-max ${SPANS_MAX}`,
  }
  throw new ProblemError([problem], 2)
}

function noSpans(sources: readonly string[]): ProblemError['problems'][number] {
  return {
    code: 'no-spans-read',
    what: 'Cannot analyse',
    where: { file: sources.join(', ') },
    why: 'there must be spans: the files hold none',
    fix: 'name files of traces: OTLP JSON lines or protobuf, Jaeger, Zipkin or Tempo JSON, ClickHouse’s JSONEachRow',
  }
}

function exitCodeOf(result: RunResult, failing: ReadonlySet<string>): number {
  if (!failing.has(result.run.verdict)) return 0
  return result.run.verdict === 'broke' ? 1 : 3
}
