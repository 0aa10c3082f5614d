import { resolve } from 'node:path'
import { exitDesk } from '../../engine/chaos-toolkit/exit-desk.ts'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { readVariables } from '../../engine/chaos-toolkit/variables.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { ProblemError } from '../../model/problem.ts'
import { CHAOS_COMMANDS } from '../chaos/chaos-commands.ts'
import { hostsFor } from '../chaos/hosts.ts'
import type { ObservedRun } from '../chaos/observer.ts'
import { readOptions } from '../chaos/options.ts'
import { type Prepared, prepareRun, type Work } from '../chaos/run.ts'
import { defaultSettings } from '../chaos/settings-path.ts'
import type { Io } from '../io.ts'

export type ToolkitSource = {
  readonly io: Io
  readonly version: string
  /** As the user wrote it. */
  readonly file: string
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
  const { io, version, file, log, tracing } = source
  const desk = exitDesk()
  const hosts = hostsFor({ python: undefined, log, requestExit: desk.request, onSpan: tracing.onSpan })
  const settingsPath = defaultSettings()
  const settings = async () =>
    (await import('../../engine/chaos-toolkit/settings.ts')).loadSettings(settingsPath, log)
  const context = { io, log, version, settingsPath, python: undefined, settings }
  const options = CHAOS_COMMANDS.run?.options ?? []
  const given = readOptions([resolve(io.cwd, file), '--journal-path', source.journalPath], options, 'end')
  const work: Work = { given, context, hosts, variables: await readVariables([], [], log), desk, tracing }
  try {
    return { work, prepared: await prepareRun(work), close: hosts.close }
  } catch (error) {
    await hosts.close()
    throw refusal(error, file)
  }
}

export function refusal(error: unknown, file: string): unknown {
  if (!(error instanceof Refused) && !(error instanceof PythonError)) return error
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
