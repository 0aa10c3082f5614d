import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import { NO_OBSERVER } from '../../engine/chaos-toolkit/observe-nothing.ts'
import type { ServiceConfig } from '../../model/system.ts'
import type { Io } from '../io.ts'
import type { ToolkitFlags } from './toolkit-flags.ts'
import { type ToolkitPlan, toolkitPlan } from './toolkit-plan.ts'
import { toolkitWork } from './toolkit-work.ts'

/**
 * Loads and validates an experiment as its run will, so that a mistake is told before services start.
 *
 * @returns what it will do, as far as its actions are known
 * @throws ProblemError (exit code 2)
 */
export async function checkToolkitExperiment(
  io: Io,
  file: string,
  version: string,
  flags: ToolkitFlags,
  services: readonly ServiceConfig[],
): Promise<ToolkitPlan> {
  const tracing = { observer: NO_OBSERVER, onSpan: undefined, seeGlobals: () => {}, flush: async () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-check-'))
  try {
    const { work, prepared, close } = await toolkitWork({
      io,
      version,
      file,
      flags,
      journalPath: join(folder, 'journal.json'),
      log: silent,
      tracing,
    })
    await close()
    return toolkitPlan(prepared.experiment, services, work.variables.configuration)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Its run says all of it again, where it is kept. */
const silent: ChaosLog = {
  debug: () => {},
  info: () => {},
  warning: () => {},
  error: () => {},
  critical: () => {},
}
