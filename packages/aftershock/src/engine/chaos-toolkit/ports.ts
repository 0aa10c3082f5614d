import type { PyDict, PyValue } from '../../formats/chaos-toolkit/values.ts'

/**
 * What the runner of Chaos Toolkit experiments needs from others: providers, controls, an observer. Types only.
 * Values are Python's (`formats/chaos-toolkit/values.ts`); dicts and lists are live and shared.
 */

/** An exception as Python would tell it. `traceback` is what the journal's `exception` holds: lines with their "\n", the last one `type: message\n`. */
export type PyError = {
  /** Qualified, for example `ValueError`, `chaoslib.exceptions.ActivityFailed`. */
  readonly type: string
  readonly message: string
  readonly traceback: readonly string[]
}

/** How an activity ended. An answer, never an exception: a provider that throws has a bug. */
export type ActivityOutcome =
  | { readonly kind: 'returned'; readonly value: PyValue }
  /** `ActivityFailed`: the record gets status `failed` and `exception`; the run goes on. */
  | { readonly kind: 'failed'; readonly error: PyError }
  /** `SystemExit` or `KeyboardInterrupt` in the activity's own code: the run is interrupted. */
  | { readonly kind: 'exited'; readonly error: PyError }
  /** Any exception that the reference does not wrap (an import at run time, a bad URL): the run is aborted. */
  | { readonly kind: 'crashed'; readonly error: PyError }
  /** `call.signal` fired and the work was stopped. */
  | { readonly kind: 'stopped' }

export type ActivityCall = {
  /** The whole activity, references resolved. Not to be changed by a provider. */
  readonly activity: PyDict
  /** `provider.arguments` after substitution; `undefined` when the provider has none. */
  readonly arguments: PyValue | undefined
  readonly configuration: PyDict
  /** All scopes; a provider passes on what `provider.secrets` lists (1.4). */
  readonly secrets: PyDict
  /** Background and continuous calls may overlap others; foreground ones never do. */
  readonly lane: 'foreground' | 'background'
  /** Part of a hypothesis: bad HTTP statuses and exit codes are then no warning. */
  readonly isInHypothesis: boolean
  /** Fires when the run has to stop; answer `stopped` within about a second, by force if need be. */
  readonly signal: AbortSignal
  /** Trace context to hand on; empty when nobody traces. */
  readonly carrier: Carrier
}

/** The same context twice: as HTTP headers (traceparent, baggage, b3 …) and as environment (TRACEPARENT …). */
export type Carrier = {
  readonly headers: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

export type ValidationScope = { readonly configuration: PyDict; readonly secrets: PyDict }

/** Runs the activities of one `provider.type`. */
export type ActivityProvider = {
  /**
   * Checks what is the provider's own (the runner has checked type, name, provider.type, pauses …).
   * @returns the reference's message, for example "could not find Python module 'zz' in activity 'a'"; undefined when valid
   */
  readonly validate: (activity: PyDict, scope: ValidationScope) => Promise<string | undefined>
  readonly run: (call: ActivityCall) => Promise<ActivityOutcome>
}

export type ControlLevel =
  | 'loading_experiment'
  | 'experiment'
  | 'hypothesis'
  | 'method'
  | 'rollback'
  | 'activity'

/** The live roots that hooks may ask for by name and change in place (3.1, 3.4). */
export type RunDocument = {
  readonly experiment: PyDict
  readonly configuration: PyDict
  readonly secrets: PyDict
  /** `undefined` in background lanes, as in the reference. */
  readonly settings: PyDict | undefined
  readonly extensions: PyValue | undefined
  /** `undefined` before the run. */
  readonly journal: PyDict | undefined
}

export type HookCall = {
  /** The declaration: name, provider {type, module, arguments}, scope … */
  readonly control: PyDict
  readonly level: ControlLevel
  readonly moment: 'before' | 'after'
  /** `provider.arguments`, substituted and copied; what the hook does to them is nobody's business. */
  readonly arguments: PyDict
  /** A live node of the document (or text: the source, at loading). Changes are made in place before answering. */
  readonly context: PyValue
  /** Live as well; `null` on "before". Nodes here may be shared with the document: identity has to be kept. */
  readonly state: PyValue
  readonly document: RunDocument
  readonly signal: AbortSignal
}

/** How a hook ended. Changes made before an exception count. */
export type HookOutcome =
  | { readonly kind: 'done' }
  /** The module or the hook is not there. */
  | { readonly kind: 'absent' }
  /** `InterruptExecution`. */
  | { readonly kind: 'interrupted'; readonly error: PyError }
  /** `SystemExit`, `KeyboardInterrupt`. */
  | { readonly kind: 'exited'; readonly error: PyError }
  /** Anything else: logged at debug, the run goes on. */
  | { readonly kind: 'failed'; readonly error: PyError }

export type ConfigureCall = {
  readonly control: PyDict
  /** Not substituted (3.1). */
  readonly arguments: PyDict
  readonly document: RunDocument
  /** Only global controls are given the settings. */
  readonly isGlobal: boolean
}

/** Controls of one `provider.type`. The runner decides which fire where and in what order, one call at a time. */
export type ControlHooks = {
  /** Loads the module. @returns why it cannot be loaded (the reference only warns then); undefined when loaded */
  readonly load: (control: PyDict) => Promise<string | undefined>
  /** `validate_control`. @returns the message of the exception it raised */
  readonly validate: (control: PyDict) => Promise<string | undefined>
  readonly configure: (call: ConfigureCall) => Promise<HookOutcome>
  readonly hook: (call: HookCall) => Promise<HookOutcome>
  readonly cleanup: (control: PyDict) => Promise<HookOutcome>
  /** For handlers registered on `event_registry`; their exceptions are swallowed. Awaited, so that order holds. */
  readonly event: (event: RegistryEvent) => Promise<void>
}

/** 3.6, with the arguments that the reference's handlers get. */
export type RegistryEvent = {
  readonly name: RegistryEventName
  readonly values: readonly PyValue[]
}

export type RegistryEventName =
  | 'started'
  | 'running'
  | 'finish'
  | 'interrupted'
  | 'signal_exit'
  | 'start_continuous_hypothesis'
  | 'continuous_hypothesis_iteration'
  | 'continuous_hypothesis_completed'
  | 'start_hypothesis_before'
  | 'hypothesis_before_completed'
  | 'start_hypothesis_after'
  | 'hypothesis_after_completed'
  | 'start_method'
  | 'method_completed'
  | 'start_rollbacks'
  | 'rollbacks_completed'
  | 'start_activity'
  | 'activity_completed'

/**
 * A language runtime that brings providers and controls: Python (one persistent worker), Node (ES modules). Made by
 * `cli`, started by the first call: an experiment that needs none starts none.
 */
export type ExtensionHost = {
  readonly activities: ActivityProvider
  readonly controls: ControlHooks
  /** Python's `re.search` for patterns that ours cannot say; `undefined` where the host has none. */
  readonly search: PatternSearch | undefined
  /** `chaos discover`: the content of discovery.json. */
  readonly discover: ((packageName: string, options: DiscoverOptions) => Promise<PyDict>) | undefined
  /** `chaos info extensions`: installed distributions named `chaostoolkit-*`. */
  readonly extensions: (() => Promise<readonly InstalledExtension[]>) | undefined
  /** Notification channel `type: plugin`. */
  readonly notify: ((channel: PyDict, event: PyDict) => Promise<void>) | undefined
  /** Ends the worker, at once when it does not answer. */
  readonly close: () => Promise<void>
}

export type PatternSearch = (pattern: string, text: string) => Promise<boolean | PyError>
export type DiscoverOptions = { readonly includesSystem: boolean; readonly installs: boolean }
export type InstalledExtension = {
  readonly name: string
  readonly version: string
  readonly summary: string
  readonly license: string
}

/**
 * Why a run has to end before its time. From signals, from `chaoslib.exit` inside a worker, from a guard.
 * `graceful` (USR1): waits for background work, rollbacks per strategy. `ungraceful` (USR2): neither.
 */
export type ExitRequest = {
  readonly kind: 'interrupt' | 'terminate' | 'graceful' | 'ungraceful'
  /** For people: `SIGTERM`, `exit_gracefully() in mypackage.probes`. */
  readonly source: string
}
export type RequestExit = (request: ExitRequest) => void

/** What is under way, for whoever traces it. */
export type Step =
  | { readonly kind: 'experiment'; readonly experiment: PyDict; readonly document: RunDocument }
  /** `iteration` (1, 2 …) only inside the one long `during` step; then `phase` is `during` too. */
  | {
      readonly kind: 'hypothesis'
      readonly phase: 'before' | 'during' | 'after'
      readonly iteration?: number | undefined
      readonly hypothesis: PyDict
    }
  | { readonly kind: 'method' }
  | { readonly kind: 'rollbacks'; readonly strategy: string }
  | {
      readonly kind: 'activity'
      readonly activity: PyDict
      readonly isBackground: boolean
      readonly section: 'hypothesis' | 'method' | 'rollbacks' | 'configuration' | 'tolerance'
    }
  | { readonly kind: 'pause'; readonly moment: 'before' | 'after'; readonly seconds: number }

export type StepEnd =
  /** The journal as it will be written, live: keys may be added (`trace_id`). */
  | { readonly kind: 'experiment'; readonly journal: PyDict; readonly exit: ExitRequest | undefined }
  | { readonly kind: 'hypothesis'; readonly isMet: boolean | undefined }
  | { readonly kind: 'method' | 'rollbacks' | 'pause'; readonly error: PyError | undefined }
  /** The run record, live: keys may be added (`span_id`). `undefined` when it was dropped. */
  | { readonly kind: 'activity'; readonly record: PyDict | undefined; readonly outcome: ActivityOutcome }

/** Ended exactly once on every way out of a run, children before parents. */
export type OpenStep = {
  readonly carrier: Carrier
  readonly note: (note: StepNote) => void
  readonly end: (end: StepEnd) => void
}

export type StepNote =
  /** On an activity of a hypothesis, before its end. `isMet` undefined: the comparison itself raised. */
  | {
      readonly kind: 'tolerance'
      readonly tolerance: PyValue
      readonly computed: PyValue
      readonly isMet: boolean | undefined
    }
  | { readonly kind: 'exit-requested'; readonly request: ExitRequest }
  | {
      readonly kind: 'rollbacks-decided'
      readonly strategy: string
      readonly willPlay: boolean
      readonly why: string
    }

/** Must not throw, block or wait. The parent is explicit: background activities and the `during` hypothesis overlap. */
export type RunObserver = {
  readonly start: (step: Step, parent: OpenStep | undefined) => OpenStep
}
