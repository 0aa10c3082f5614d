import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict, isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { expandUser, findExecutable } from './find-executable.ts'
import type { ChaosLog } from './log.ts'
import type { ActivityCall, ActivityOutcome, ActivityProvider } from './ports.ts'
import { type RunProcess, runProcess } from './run-process.ts'
import { activityFailed } from './stops.ts'

/** `provider.type: process`: an executable, with its exit code and what it wrote as the output. */
export function processProvider(log: ChaosLog, start: RunProcess = runProcess): ActivityProvider {
  return {
    validate: async (activity) => messageOf(activity),
    run: (call) => runActivity(call, log, start),
  }
}

function messageOf(activity: PyDict): string | undefined {
  const provider = activity.get('provider')
  const path = isDict(provider) ? (provider.get('path') ?? null) : null
  if (!pythonTruth(path)) return 'a process activity must have a path'
  const text = pythonText(path)
  // As the reference: neither `~` nor `${}` is looked at before the run.
  if (findExecutable(text) !== undefined) return undefined
  return `path '${text}' cannot be found, in activity '${pythonText(activity.get('name') ?? null)}'`
}

async function runActivity(call: ActivityCall, log: ChaosLog, start: RunProcess): Promise<ActivityOutcome> {
  const provider = call.activity.get('provider')
  if (!isDict(provider)) throw new PythonError('KeyError', "'provider'")
  const timeoutSeconds = timeoutOf(provider.get('timeout') ?? null)
  const path = findExecutable(expandUser(pathOf(provider)))
  const command = commandOf(path, call.arguments === undefined ? [] : call.arguments)
  log.debug(`Running: ${command.file} ${command.args.join(' ')}`)
  const ended = await start({
    ...command,
    env: call.carrier.env,
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
    signal: call.signal,
  })
  if (ended.kind === 'stopped') return { kind: 'stopped' }
  if (ended.kind === 'too-long') {
    return { kind: 'failed', error: activityFailed('process activity took too long to complete') }
  }
  if (ended.kind === 'not-started') throw new PythonError('OSError', ended.message)
  if (!call.isInHypothesis && ended.status > 0) {
    log.warning(
      'This process returned a non-zero exit code. This may indicate some error and not what you expected. Please have a look at the logs.',
    )
  }
  const { status, stdout, stderr } = ended
  return { kind: 'returned', value: dict({ status: BigInt(status), stdout, stderr }) }
}

function pathOf(provider: PyDict): string {
  const path = provider.get('path')
  if (typeof path === 'string') return path
  throw new PythonError('TypeError', 'expected str, bytes or os.PathLike object for the path of a process')
}

/** Never substituted; text is refused by Python when it waits for the process. */
function timeoutOf(timeout: PyValue): number | undefined {
  if (timeout === null) return undefined
  if (typeof timeout === 'bigint' || typeof timeout === 'number' || typeof timeout === 'boolean') {
    return Number(timeout)
  }
  throw new PythonError('TypeError', `a process timeout must be a number: it is '${pythonText(timeout)}'`)
}

type Command = { readonly file: string; readonly args: readonly string[] }

/** Text goes through the shell, a list does not. */
function commandOf(path: string | undefined, given: PyValue): Command {
  if (typeof given === 'string') return { file: '/bin/sh', args: ['-c', `${path ?? 'None'} ${given}`] }
  const items = isDict(given) ? [...given].flat(1) : given
  if (!isList(items)) throw new PythonError('TypeError', 'the arguments of a process must be text or a list')
  if (path === undefined) {
    throw new PythonError('TypeError', 'expected str, bytes or os.PathLike object, not NoneType')
  }
  return { file: path, args: items.filter((item) => item !== null && item !== '').map(pythonText) }
}
