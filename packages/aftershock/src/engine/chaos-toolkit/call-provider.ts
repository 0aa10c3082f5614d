import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { hasNames, type Scope, substitute } from '../../formats/chaos-toolkit/substitute.ts'
import { isDict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { errorText } from '../../model/error-text.ts'
import type { ActivityOutcome, Carrier, OpenStep, PyError } from './ports.ts'
import type { RunContext } from './run-context.ts'
import { activityFailed, pyError, pyErrorOf } from './stops.ts'

/** What a call needs of the run. */
export type CallContext = Pick<
  RunContext,
  'providerOf' | 'configuration' | 'secrets' | 'compatibility' | 'desk' | 'log' | 'observer'
>

type Call = {
  readonly lane: 'foreground' | 'background'
  readonly signal: AbortSignal
  /** For processes, beside the trace context. */
  readonly env?: Readonly<Record<string, string>>
}

/** Hands an activity to its provider; what a provider raises in Python's words becomes an outcome. */
export async function callProvider(
  run: CallContext,
  activity: PyDict,
  call: Call,
  step: OpenStep,
): Promise<ActivityOutcome> {
  const provider = activity.get('provider')
  const type = isDict(provider) ? provider.get('type') : undefined
  const own = typeof type === 'string' ? run.providerOf(type) : undefined
  if (!isDict(provider) || own === undefined) {
    // Of a provider nobody knows the reference runs nothing, and says that it succeeded.
    if (isDict(provider) && type !== undefined) return { kind: 'returned', value: null }
    return { kind: 'crashed', error: pyError('KeyError', "'provider'") }
  }
  try {
    const outcome = await own.run({
      activity,
      arguments: argumentsOf(provider, run),
      configuration: run.configuration,
      secrets: run.secrets,
      lane: call.lane,
      isInHypothesis: activity.has('tolerance'),
      signal: call.signal,
      carrier: call.env === undefined ? step.carrier : withEnv(step.carrier, call.env),
    })
    return run.compatibility === 'strict' ? swallowedTermination(run, type, outcome) : outcome
  } catch (error) {
    return { kind: 'crashed', error: pyErrorOf(error) ?? bugIn(run, type, error) }
  }
}

function withEnv(carrier: Carrier, env: Readonly<Record<string, string>>): Carrier {
  return { headers: carrier.headers, env: { ...carrier.env, ...env } }
}

/** A bug of ours or of an extension must not leave a fault in place: the run is aborted, and rolled back. */
function bugIn(run: CallContext, type: PyValue | undefined, error: unknown): PyError {
  const message = errorText(error)
  run.log.critical(`bug in the provider ${pythonText(type ?? null)}: ${message}`)
  if (error instanceof Error) run.log.debug(error.stack ?? '')
  return pyError('aftershock.Bug', message)
}

function argumentsOf(provider: PyDict, scope: Scope): PyValue | undefined {
  const given = provider.get('arguments')
  if (given === undefined || !pythonTruth(given) || !hasNames(scope)) return given
  return substitute(given, scope)
}

/** In the reference a SIGTERM that meets Python code is caught as any exception of the activity: the run goes on. */
function swallowedTermination(run: CallContext, type: PyValue | undefined, outcome: ActivityOutcome) {
  const request = run.desk.requested()
  if (outcome.kind !== 'stopped' || type !== 'python' || request?.kind !== 'terminate') return outcome
  run.desk.forget()
  const message = `chaoslib.exceptions.InterruptExecution: ${request.source} signal received`
  return { kind: 'failed' as const, error: activityFailed(message) }
}

/** For log lines about an activity. */
export function activityName(activity: PyDict): string {
  return pythonText(activity.get('name') ?? null)
}
