import type { ConfigureCall as ConfigureArguments, Values } from 'aftershock'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { ControlHooks, HookOutcome, RunDocument } from '../chaos-toolkit/ports.ts'
import { liveView } from './live-view.ts'
import { loadModule } from './load-module.ts'
import { thrownError } from './node-errors.ts'
import { toPlain } from './plain-values.ts'

/** Controls whose provider is `node`: modules that export hooks, which see the run's objects live. */
export const nodeControls: ControlHooks = {
  load: async (control) => {
    try {
      await moduleOf(control)
      return undefined
    } catch (thrown) {
      return thrownError(thrown).message
    }
  },
  validate: async (control) => {
    const outcome = await call(control, 'validateControl', () => liveView(control))
    return 'error' in outcome ? outcome.error.message : undefined
  },
  configure: ({ control, arguments: given, document, isGlobal }) =>
    call(control, 'configureControl', () => ({
      ...argumentsOf(given, document),
      settings: isGlobal ? settingsOf(document) : null,
    })),
  hook: ({ control, level, moment, arguments: given, context, state, document, signal }) =>
    call(control, hookName(moment, level), () => ({
      ...argumentsOf(given, document),
      context: liveView(context),
      state: liveView(state),
      signal,
    })),
  cleanup: async (control) => {
    // One that never came to be has nothing to clean up; that it is missing has been told.
    const isThere = await moduleOf(control).then(Boolean, () => false)
    return isThere ? call(control, 'cleanupControl', () => undefined) : { kind: 'absent' }
  },
  // Handlers of events are Python objects on a Python registry; hooks tell a module in Node all that they would.
  event: async () => undefined,
}

/** before, loading_experiment → beforeLoadingExperimentControl */
function hookName(moment: string, level: string): string {
  const words = level.split('_').map((word) => word[0]?.toUpperCase() + word.slice(1))
  return `${moment}${words.join('')}Control`
}

async function call(control: PyDict, name: string, argument: () => unknown): Promise<HookOutcome> {
  try {
    const hook = (await moduleOf(control))[name]
    if (typeof hook !== 'function') return { kind: 'absent' }
    await hook(argument())
    return { kind: 'done' }
  } catch (thrown) {
    const error = thrownError(thrown)
    return { kind: error.type === 'InterruptExecution' ? 'interrupted' : 'failed', error }
  }
}

async function moduleOf(control: PyDict) {
  const provider = control.get('provider') ?? null
  const module = isDict(provider) ? provider.get('module') : undefined
  if (typeof module !== 'string' || module === '')
    throw new Error(`Control '${pythonText(control.get('name') ?? null)}' must have a module`)
  return loadModule(module)
}

function argumentsOf(given: PyDict, document: RunDocument): ConfigureArguments {
  return {
    arguments: toPlain(given) as Values,
    experiment: liveView(document.experiment) as Values,
    configuration: liveView(document.configuration) as Values,
    secrets: liveView(document.secrets) as Values,
    settings: settingsOf(document),
    extensions: liveView(document.extensions ?? null),
  }
}

function settingsOf(document: RunDocument): Values | null {
  return document.settings === undefined ? null : (liveView(document.settings) as Values)
}
