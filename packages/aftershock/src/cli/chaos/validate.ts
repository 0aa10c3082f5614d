import { controlsFor } from '../../engine/chaos-toolkit/controls.ts'
import { notify } from '../../engine/chaos-toolkit/notify.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { validateExperiment } from '../../engine/chaos-toolkit/validate-experiment.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import type { ChaosContext } from './chaos-command.ts'
import { hostsFor } from './hosts.ts'
import type { Given } from './options.ts'
import { loadWithHooks } from './prepare.ts'

/** `chaos validate SOURCE`. Global controls are not loaded here, as in the reference. */
export async function run(given: Given, context: ChaosContext): Promise<number> {
  const { log } = context
  const hosts = hostsFor({ python: context.python, log, requestExit: () => {} })
  try {
    const settings = await context.settings()
    const verifiesTls = !given.flags.has('--no-verify-tls')
    const controls = controlsFor(hosts.controlsOf, log)
    const experiment = await loadWithHooks(given.rest[0] ?? '', controls, settings, { verifiesTls })
    const tell = (name: string, error?: string) =>
      notify(settings, { name, payload: experiment, error }, hosts.python.notify, log)
    await tell('validate-started')
    try {
      await validateExperiment({ experiment, env: process.env, ...hosts, log })
    } catch (error) {
      if (error instanceof Refused || error instanceof PythonError) {
        await tell('validate-failed', error.message)
      }
      throw error
    }
    await tell('validate-completed')
    log.info('experiment syntax and semantic look valid')
    return 0
  } finally {
    await hosts.close()
  }
}
