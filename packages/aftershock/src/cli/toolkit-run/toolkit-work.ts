import { resolve } from 'node:path'
import { exitDesk } from '../../engine/chaos-toolkit/exit-desk.ts'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { ProblemError } from '../../model/problem.ts'
import { checkGiven, givenVariables } from '../chaos/given-variables.ts'
import { hostsFor } from '../chaos/hosts.ts'
import type { ObservedRun } from '../chaos/observer.ts'
import { readOptions, UsageError } from '../chaos/options.ts'
import type { Prepared, Work } from '../chaos/play.ts'
import { prepareRun } from '../chaos/run.ts'
import { RUN_OPTIONS } from '../chaos/run-options.ts'
import { defaultSettings } from '../chaos/settings-path.ts'
import type { Io } from '../io.ts'
import { chaosRunArguments, type ToolkitFlags } from './toolkit-flags.ts'

export type ToolkitSource = {
  readonly io: Io
  readonly version: string
  /** As the user wrote it. */
  readonly file: string
  readonly flags: ToolkitFlags
  readonly journalPath: string
  readonly log: ChaosLog
  readonly tracing: ObservedRun
}

/** One experiment as `aftershock chaos run` would run it, loaded and validated. Close it on every way out. */
export type ToolkitWork = {
  readonly work: Work
  readonly prepared: Prepared
  readonly close: () => Promise<void>
}

/** @throws ProblemError (exit code 2) with the reason why it cannot be run */
export async function toolkitWork(source: ToolkitSource): Promise<ToolkitWork> {
  const { io, version, file, flags, log, tracing } = source
  const { python } = flags
  const desk = exitDesk()
  const hosts = hostsFor({ python, log, requestExit: desk.request, onSpan: tracing.onSpan })
  const settingsPath = flags.settings === undefined ? defaultSettings() : resolve(io.cwd, flags.settings)
  const settings = async () =>
    (await import('../../engine/chaos-toolkit/settings.ts')).loadSettings(settingsPath, log)
  const own = [
    '--no-log-file',
    '--settings',
    settingsPath,
    ...(python === undefined ? [] : ['--python', python]),
  ]
  const context = { io, log, version, settingsPath, python, options: own, settings }
  const words = [...chaosRunArguments(flags, io.cwd), '--journal-path', source.journalPath]
  try {
    const given = readOptions([resolve(io.cwd, file), ...words], RUN_OPTIONS, 'end')
    checkGiven(given)
    const work: Work = { given, context, hosts, variables: await givenVariables(given, log), desk, tracing }
    return { work, prepared: await prepareRun(work), close: hosts.close }
  } catch (error) {
    await hosts.close()
    throw refusal(error, file)
  }
}

export function refusal(error: unknown, file: string): unknown {
  const isKnown = error instanceof Refused || error instanceof PythonError || error instanceof UsageError
  if (!isKnown) return error
  return new ProblemError([
    {
      code: 'toolkit-experiment',
      what: `Cannot run ${file}`,
      where: { file },
      why: error.message,
      fix: `aftershock chaos validate ${file}`,
    },
  ])
}
