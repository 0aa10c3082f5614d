/**
 * Activities and controls of chaos experiments as ES modules: `provider: { type: node, module, func, arguments }`.
 *
 * `module` is a path, seen from the working directory, or the name of a package found from there.
 */

/** What experiments and journals hold. Integers beyond 2^53 are bigint; dates and other objects of Python are text. */
export type Value = null | boolean | number | bigint | string | Value[] | { [key: string]: Value }
export type Values = { [key: string]: Value }

/**
 * A probe or an action. What it returns is its output; what it throws makes it `failed`. It runs inside Aftershock's
 * own process: one that blocks without end can be left behind, not interrupted.
 */
export type Activity<Arguments = Values> = (args: Arguments, context: ActivityContext) => unknown

export type ActivityContext = {
  readonly name: string
  readonly configuration: Values
  /** The scopes that `provider.secrets` lists, as one object; later scopes win. */
  readonly secrets: Values
  /** Fires when the run has to stop; pass it on to what waits. */
  readonly signal: AbortSignal
  /** Trace context for outgoing requests: `traceparent`, `baggage` … */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * A control: a module that exports any of these. Objects are live: what a hook changes is changed for the run and
 * in the journal. An exception is logged and the run goes on, except InterruptExecution, which ends it.
 */
export type Control = {
  readonly configureControl?: (call: ConfigureCall) => unknown
  readonly validateControl?: (control: Values) => unknown
  readonly cleanupControl?: () => unknown
  readonly beforeLoadingExperimentControl?: Hook
  readonly afterLoadingExperimentControl?: Hook
  readonly beforeExperimentControl?: Hook
  readonly afterExperimentControl?: Hook
  readonly beforeHypothesisControl?: Hook
  readonly afterHypothesisControl?: Hook
  readonly beforeMethodControl?: Hook
  readonly afterMethodControl?: Hook
  readonly beforeRollbackControl?: Hook
  readonly afterRollbackControl?: Hook
  readonly beforeActivityControl?: Hook
  readonly afterActivityControl?: Hook
}

export type Hook = (call: HookCall) => unknown

export type HookCall = ConfigureCall & {
  /** The experiment, hypothesis or activity around which the hook runs; at loading, the source as text. */
  readonly context: Value
  /** null before; after: the journal, the hypothesis's state, the run's records, the activity's record, the experiment. */
  readonly state: Value
  /** Fires when the run has to stop. */
  readonly signal: AbortSignal
}

export type ConfigureCall = {
  /** `provider.arguments`, a copy. */
  readonly arguments: Values
  readonly experiment: Values
  readonly configuration: Values
  readonly secrets: Values
  /** The settings file; null where the control is the experiment's own, and in the background. */
  readonly settings: Values | null
  readonly extensions: Value
}

/** The activity did not work; any other exception says the same. */
export class ActivityFailed extends Error {}

/** Thrown by a hook: the run is interrupted. */
export class InterruptExecution extends Error {}
