import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { hasNames, substitute } from '../../formats/chaos-toolkit/substitute.ts'
import { isDict, isList, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { errorText } from '../../model/error-text.ts'
import { controlsAt, controlsOf } from './control-order.ts'
import type { ChaosLog } from './log.ts'
import type { ControlHooks, ControlLevel, HookOutcome, RegistryEvent, RunDocument } from './ports.ts'
import { pyError, RunStop } from './stops.ts'

export type ControlsOf = (providerType: string) => ControlHooks | undefined

export type HookScope = {
  readonly level: ControlLevel
  readonly moment: 'before' | 'after'
  readonly context: PyValue
  readonly state: PyValue
  readonly document: RunDocument
  readonly signal: AbortSignal
}

/** The controls of one run: globals from settings and files, and those of the experiment. */
export type Controls = {
  /** Loads the modules of global controls; those that cannot be loaded are left out. */
  readonly loadGlobals: (declared: readonly PyDict[]) => Promise<void>
  readonly configure: (document: RunDocument) => Promise<void>
  /** @throws RunStop when a hook interrupts or exits */
  readonly apply: (scope: HookScope) => Promise<void>
  /** Whether hooks around this activity may change its record. */
  readonly watches: (experiment: PyDict, activity: PyDict) => boolean
  /** @returns what controls of the experiment raised */
  readonly cleanup: (experiment: PyDict) => Promise<readonly string[]>
  readonly event: (event: RegistryEvent) => Promise<void>
}

export function controlsFor(hooksOf: ControlsOf, log: ChaosLog): Controls {
  let globals: PyDict[] = []
  const withHandlers = new Set<ControlHooks>()
  const inTurn = turns()
  return {
    loadGlobals: async (declared) => {
      globals = []
      for (const control of declared) {
        log.debug(`Loading global control '${nameOf(control)}'`)
        const why = await hooksFor(control, hooksOf)?.load(control)
        if (why === undefined) globals.push(control)
        else log.debug(why)
      }
    },
    configure: async (document) => {
      const kept: PyDict[] = []
      for (const control of globals) {
        if (await configureOne(control, document, 'global')) kept.push(control)
      }
      globals = kept
      for (const control of distinct(controlsOf(document.experiment))) {
        await configureOne(control, document, 'experiment')
      }
    },
    watches: (experiment, activity) => controlsAt('activity', globals, experiment, activity).length > 0,
    apply: (scope) =>
      firedBy(scope).length > 0 || inTurn.isBusy() ? inTurn.do(() => applyAll(scope)) : NOTHING,
    cleanup: async (experiment) => {
      const raised: string[] = []
      const leaving = globals
      globals = []
      for (const control of distinct(controlsOf(experiment))) {
        const outcome = await inTurn.do(async () => await hooksFor(control, hooksOf)?.cleanup(control))
        if (outcome !== undefined && 'error' in outcome) {
          raised.push(`the control '${nameOf(control)}' failed to clean up: ${outcome.error.message}`)
        }
      }
      for (const control of leaving)
        await inTurn.do(async () => await hooksFor(control, hooksOf)?.cleanup(control))
      return raised
    },
    event: async (event) => {
      for (const hooks of withHandlers) await inTurn.do(() => hooks.event(event))
    },
  }

  async function configureOne(control: PyDict, document: RunDocument, kind: 'global' | 'experiment') {
    const hooks = hooksFor(control, hooksOf)
    if (hooks === undefined) return true
    log.debug(`Initializing ${kind} control '${nameOf(control)}'`)
    withHandlers.add(hooks)
    const isGlobal = kind === 'global'
    const call = { control, arguments: copyOf(argumentsOf(control)), document, isGlobal }
    const outcome = await inTurn.do(() => hooks.configure(call))
    if (!('error' in outcome)) return true
    log.debug(`Control initialization '${nameOf(control)}' failed: ${outcome.error.message}`)
    return false
  }

  function firedBy({ level, context, document }: HookScope): readonly PyDict[] {
    const experiment = level === 'loading_experiment' ? undefined : document.experiment
    return controlsAt(level, globals, experiment, context)
  }

  async function applyAll(scope: HookScope): Promise<void> {
    const { level, moment, document } = scope
    for (const control of firedBy(scope)) {
      const only = control.get('scope')
      if (typeof only === 'string' && only !== '' && only !== moment) continue
      const hooks = hooksFor(control, hooksOf)
      if (hooks === undefined) continue
      log.debug(`Applying ${moment}-control '${nameOf(control)}' on '${level}'`)
      const call = { ...scope, control, arguments: hookArguments(control, document) }
      settle(await hooks.hook(call).catch(failedHook), control)
    }
  }

  function settle(outcome: HookOutcome, control: PyDict): void {
    if (outcome.kind === 'interrupted') {
      throw new RunStop({ kind: 'interrupted', message: outcome.error.message })
    }
    if (outcome.kind === 'exited') throw new RunStop({ kind: 'exited', code: outcome.error.message })
    if (outcome.kind === 'failed') log.debug(`Control '${nameOf(control)}' failed: ${outcome.error.message}`)
  }
}

/** A bug behind a hook counts as an exception in it: logged, and the run goes on to its rollbacks. */
function failedHook(error: unknown): HookOutcome {
  return {
    kind: 'failed',
    error: pyError('aftershock.Bug', errorText(error)),
  }
}

/** One at a time: background activities and the hypothesis would otherwise change one document at once. */
function turns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return {
    isBusy: () => waiting > 0,
    do: (work) => {
      waiting += 1
      const mine = last.then(work)
      const onEnd = () => {
        waiting -= 1
      }
      last = mine.then(onEnd, onEnd)
      return mine
    },
  }
}

type Turns = {
  readonly isBusy: () => boolean
  readonly do: <T>(work: () => Promise<T>) => Promise<T>
}

const NOTHING = Promise.resolve()

export function hooksFor(control: PyDict, hooksOf: ControlsOf): ControlHooks | undefined {
  const provider = control.get('provider')
  const type = isDict(provider) ? provider.get('type') : undefined
  return typeof type === 'string' ? hooksOf(type) : undefined
}

function nameOf(control: PyDict): string {
  return pythonText(control.get('name') ?? null)
}

function argumentsOf(control: PyDict): PyDict {
  const provider = control.get('provider')
  const given = isDict(provider) ? provider.get('arguments') : undefined
  return isDict(given) ? given : new Map<PyKey, PyValue>()
}

function hookArguments(control: PyDict, document: RunDocument): PyDict {
  const own = copyOf(argumentsOf(control))
  if (!hasNames(document)) return own
  const substituted = substitute(own, document)
  return isDict(substituted) ? substituted : own
}

/** By name, as the reference: a control without a name is never configured. */
function distinct(controls: readonly PyDict[]): readonly PyDict[] {
  const seen = new Set<PyValue>()
  return controls.filter((control) => {
    const name = control.get('name')
    if (name === undefined || name === null || name === '' || seen.has(name)) return false
    seen.add(name)
    return true
  })
}

/** `copy.deepcopy`. */
export function copyOf<T extends PyValue>(value: T): T
export function copyOf(value: PyValue): PyValue {
  if (isList(value)) return value.map((item) => copyOf(item))
  if (isDict(value)) return new Map<PyKey, PyValue>([...value].map(([key, item]) => [key, copyOf(item)]))
  return value
}
