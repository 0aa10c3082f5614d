import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { RunIdentity } from '../engine/build-result.ts'
import { systemClock } from '../engine/clock.ts'
import { createRunFolder, newRunId, type RunFolder } from '../engine/run-folder.ts'
import { takeRunLock } from '../engine/run-lock.ts'
import type { FaultPlan } from '../faults/injector.ts'
import { identityOf } from '../faults/process/process-table.ts'
import { errorText } from '../model/error-text.ts'
import type { Experiment } from '../model/fault.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import { forkRandom } from '../model/random.ts'
import type { RunResult } from '../model/result.ts'
import type { SystemFile } from '../model/system.ts'
import { reportToCi } from './ci-output.ts'
import { cleanLeftovers } from './clean-leftovers.ts'
import { withSeed } from './command-text.ts'
import { failingVerdicts } from './fail-on.ts'
import type { FaultWorld } from './fault-world.ts'
import { shownPath } from './find-files.ts'
import { finishRun } from './finish-run.ts'
import { gitFacts } from './git-facts.ts'
import type { Io } from './io.ts'
import { runLocally } from './local-run.ts'
import { wholeFilesIn, writeReportFolder } from './outputs.ts'
import { peerNames } from './peer-names.ts'
import { printPlan } from './print-plan.ts'
import { printProblems } from './print-problem.ts'
import { printResult } from './print-result.ts'
import { kept, type ProgressLine, progressOn } from './progress.ts'
import type { RunFlags } from './run-options.ts'
import { type RunSettings, runSettings } from './run-settings.ts'
import { stopSignals } from './stop-signals.ts'
import { checkToolkitExperiment } from './toolkit-run/check-toolkit-experiment.ts'
import { printToolkitPlan } from './toolkit-run/print-toolkit-plan.ts'
import { checkToolkitFlags } from './toolkit-run/toolkit-flags.ts'
import { neverUndone, type ToolkitPlan } from './toolkit-run/toolkit-plan.ts'
import { type ToolkitPlay, toolkitPlay } from './toolkit-run/toolkit-play.ts'

export type RunRequest = {
  readonly io: Io
  readonly flags: RunFlags
  readonly system: SystemFile
  readonly systemPath: string
  readonly home: string
  readonly world: FaultWorld
  readonly experiments: readonly Experiment[]
  readonly commandLine: string
  readonly version: string
}

/** Runs the files one after the other. @returns the worst exit code: 6 > 70 > 4 > 5 > 1 > 3 > 0 */
export async function runFiles(request: RunRequest): Promise<number> {
  const { flags, world } = request
  const settings = runSettings(request.system, flags)
  checkToolkitFlags(flags, request.experiments)
  const all: Planned[] = []
  for (const experiment of request.experiments) all.push(await planned(request, settings, experiment))
  if (flags.dryRun) {
    for (const one of all) printOne(one, request, settings)
    return 0
  }
  await world.confirm(all.flatMap((one) => one.plans))
  const codes: number[] = []
  for (const { experiment, plans } of all) {
    const code = await runOne(request, settings, experiment, plans)
    codes.push(code)
    // A person who stops one run does not want the next to begin.
    if (code === 130 || code === 143 || code === 129 || code === 6) break
  }
  return worstOf(codes)
}

type Planned = {
  readonly experiment: Experiment
  readonly plans: readonly FaultPlan[]
  readonly toolkit?: ToolkitPlan
}

/** A Chaos Toolkit experiment acts by itself: it is checked, and plans no fault of ours. */
async function planned(request: RunRequest, settings: RunSettings, experiment: Experiment): Promise<Planned> {
  const { io, version, flags, world } = request
  if (experiment.format !== 'chaos-toolkit')
    return { experiment, plans: await world.plan(experiment, settings) }
  const { services } = settings.system
  const toolkit = await checkToolkitExperiment(io, experiment.file, version, flags, services)
  printProblems(neverUndone(toolkit, experiment.file), io.err)
  return { experiment, plans: [], toolkit }
}

function printOne({ experiment, plans, toolkit }: Planned, request: RunRequest, settings: RunSettings): void {
  const { io, flags, world } = request
  if (toolkit !== undefined)
    printToolkitPlan(experiment.name, toolkit, settings, io.out, { json: flags.json === true })
  else printPlan(experiment, plans, settings, io.out, { ...flags, undo: world.undo, home: request.home })
}

const badness = [6, 130, 143, 129, 70, 4, 5, 1, 3, 0]

function worstOf(codes: readonly number[]): number {
  return badness.find((code) => codes.includes(code)) ?? codes[0] ?? 0
}

async function runOne(
  request: RunRequest,
  settings: RunSettings,
  experiment: Experiment,
  plans: readonly FaultPlan[],
): Promise<number> {
  const { io, flags, home } = request
  const clock = systemClock()
  const id = newRunId(clock.nowNs(), process.pid)
  const taken = takeRunLock(
    home,
    id,
    (pid, start) => identityOf(pid) === start,
    (pid) => identityOf(pid) ?? '',
  )
  if ('problem' in taken) throw new ProblemError([taken.problem], 4)
  let progress = progressOn(io.err, flags.quiet ? 'quiet' : 'normal')
  const signals = stopSignals(io.err, (text) => progress.warn(text))
  let folder: RunFolder | undefined
  try {
    for (const cleaned of await cleanLeftovers(home)) {
      progress.warn(cleaned.text)
      printProblems(cleaned.problems, io.err)
    }
    folder = openFolder(request, settings, experiment, id, clock)
    progress = kept(progress, folder.log)
    for (const warning of plans.flatMap((plan) => plan.warnings)) progress.warn(warning.why)
    progress.done(`run ${id}  ${experiment.name}  seed ${settings.seed}`)
    await using opened = await request.world.open(folder, settings)
    const play =
      experiment.format === 'chaos-toolkit'
        ? playOf(request, settings, experiment, folder, progress)
        : undefined
    const end = await runLocally({
      play,
      settings,
      name: experiment.name,
      version: request.version,
      folder,
      clock,
      progress,
      stop: signals.signal,
      injectorFor: opened.injectorFor,
      plans,
    })
    const { result, traces, reportBytes } = await finishRun(
      identityOfRun(request, settings, experiment, id),
      end,
      settings.hypotheses,
      experiment,
      folder,
      flags.report ? 'all' : 'no-report',
      peerNames(settings.system),
    )
    folder.record({ type: 'run-ended', verdict: result.run.verdict, exitCode: result.run.exitCode })
    progress.end()
    if (flags.reportDir !== undefined)
      await writeReportFolder(result, traces, wholeFilesIn(resolve(io.cwd, flags.reportDir)))
    tell(request, result, folder, reportBytes)
    return exitCodeOf(result, flags)
  } catch (error) {
    progress.end()
    throw ended(error, folder)
  } finally {
    signals.release()
    folder?.close()
    taken.lock.release()
  }
}

function playOf(
  request: RunRequest,
  settings: RunSettings,
  experiment: Experiment,
  folder: RunFolder,
  progress: ProgressLine,
): ToolkitPlay {
  const { io, version, flags } = request
  const { name, file } = experiment
  const { services } = settings.system
  const random = forkRandom(settings.seed, 'toolkit trace')
  return toolkitPlay({ io, version, flags, file, name, folder, progress, services, random })
}

function openFolder(
  request: RunRequest,
  settings: RunSettings,
  experiment: Experiment,
  id: string,
  clock: ReturnType<typeof systemClock>,
): RunFolder {
  const folder = createRunFolder(request.home, id, clock)
  folder.record({
    type: 'run-started',
    id,
    name: experiment.name,
    seed: settings.seed,
    pid: process.pid,
    command: request.commandLine,
    files: [experiment.file],
  })
  folder.write(`experiment.${/\.json$/i.test(experiment.file) ? 'json' : 'yaml'}`, experiment.text)
  return folder
}

/** The events say how it ended, also when it could not begin; the error goes on to whoever prints it. */
function ended(thrown: unknown, folder: RunFolder | undefined): unknown {
  const isFull = (thrown as NodeJS.ErrnoException).code === 'ENOSPC'
  const error = isFull ? new ProblemError([diskFull(folder)], 4, thrown) : thrown
  const exitCode = error instanceof ProblemError ? error.exitCode : 70
  try {
    folder?.log(error instanceof Error ? `${error.stack}` : String(error))
    const why = errorText(error)
    folder?.record({ type: 'run-ended', verdict: 'failed', exitCode, why })
  } catch (full) {
    if ((full as NodeJS.ErrnoException).code !== 'ENOSPC') throw full
  }
  return error
}

function diskFull(folder: RunFolder | undefined): Problem {
  return {
    code: 'disk-full',
    what: 'Cannot write the run',
    where: { file: folder?.path ?? '.aftershock' },
    why: 'there must be room on the disk: it is full; faults are removed and services stopped',
    fix: 'make room (old runs are in .aftershock/runs), then run it again',
  }
}

function identityOfRun(
  request: RunRequest,
  settings: RunSettings,
  experiment: Experiment,
  id: string,
): RunIdentity {
  return {
    id,
    name: experiment.name,
    target: request.world.target,
    seed: settings.seed,
    command: withSeed(request.commandLine, settings.seed),
    version: request.version,
    node: process.versions.node,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    git: gitFacts(dirname(request.systemPath)),
  }
}

function tell(request: RunRequest, result: RunResult, folder: RunFolder, reportBytes: number): void {
  const { io, flags } = request
  const report = { path: shownPath(join(folder.path, 'report.html'), io.cwd), bytes: reportBytes }
  printResult(result, io.out, flags, { form: 'full', ...(flags.report && { report }) })
  copyOutputs(folder, flags, io.cwd)
  reportToCi(result, io, flags.ci)
}

function copyOutputs(folder: RunFolder, flags: RunFlags, cwd: string): void {
  const copy = (name: string, to: string): void => {
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, folder.read(name))
  }
  if (flags.junit !== undefined) copy('junit.xml', resolve(cwd, flags.junit))
  if (flags.out === undefined) return
  const names = [
    'result.json',
    'summary.md',
    'junit.xml',
    'journal.json',
    ...(flags.report ? ['report.html'] : []),
  ]
  for (const name of names) copy(name, join(resolve(cwd, flags.out), basename(name)))
}

/** `--fail-on` chooses which verdicts fail; a fault that may be active, a signal or a bug always do. */
function exitCodeOf(result: RunResult, flags: RunFlags): number {
  const { exitCode, verdict } = result.run
  if (![1, 3, 5].includes(exitCode)) return exitCode
  return failingVerdicts(flags.failOn).has(verdict) ? exitCode : 0
}
