import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import { isDict } from '../../formats/chaos-toolkit/values.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import type { ExtensionHost, InstalledExtension, RequestExit } from '../chaos-toolkit/ports.ts'
import { currentWorker } from './current-worker.ts'
import { errorOf, lostError } from './outcomes.ts'
import { pythonActivities } from './python-activities.ts'
import { pythonControls } from './python-controls.ts'
import { fromWire, toWire } from './wire.ts'
import type { Reply, ReportedSpan } from './worker-channel.ts'

export type PythonHostOptions = {
  /** `--python`; otherwise CHAOS_PYTHON, VIRTUAL_ENV, python3. */
  readonly interpreter: string | undefined
  readonly env: () => NodeJS.ProcessEnv
  /** An extension ended the run: `chaoslib.exit`, or a signal to its own process. */
  readonly requestExit: RequestExit
  readonly log: (record: PythonLogRecord) => void
  /** Something that a person should know and that is no log record of an extension. */
  readonly warn: (problem: Problem) => void
  /** Spans that extensions make with the legacy tracer. */
  readonly onSpan: ((span: ReportedSpan) => void) | undefined
}

export type PythonLogRecord = {
  /** As Python names them, in small letters: debug, info, warning, error, critical. */
  readonly level: string
  readonly message: string
  readonly module: string
  readonly line: number
}

export type PythonFacts = {
  readonly version: string
  readonly executable: string
  /** Version of the installed chaostoolkit-lib; undefined: ours stands in. */
  readonly library: string | undefined
}

export type PythonHost = ExtensionHost & {
  /** Starts the interpreter. @returns why there is none, as text */
  readonly facts: () => Promise<PythonFacts | string>
}

/** Python providers, controls and tolerances through one persistent process, started by the first call. */
export function pythonHost(options: PythonHostOptions): PythonHost {
  let heard: ReadonlySet<string> = new Set()
  const workers = currentWorker({
    interpreter: options.interpreter,
    env: options.env,
    onEvent: (event) => {
      if (event.event === 'log') options.log(event)
      else if (event.event === 'handlers') heard = new Set(event.names)
      else if (event.event === 'span') options.onSpan?.(event)
      else options.requestExit({ kind: event.kind, source: `${event.source} in the Python worker` })
    },
  })
  const onKilled = (why: string): void => {
    heard = new Set()
    options.warn(workerEnded(why))
  }
  const ask = (op: string, body: object): Promise<Reply> => workers.get().channel.ask(op, body).reply
  return {
    activities: pythonActivities(workers, onKilled),
    controls: pythonControls(workers, () => heard, onKilled),
    search: async (pattern, text) => {
      const reply = await ask('regex', { pattern, text })
      if (reply.kind === 'ok') return reply.value === true
      return reply.kind === 'lost' ? lostError(reply.why) : errorOf(reply.error)
    },
    discover: async (packageName, wanted) => {
      const body = { package: packageName, installs: wanted.installs, includesSystem: wanted.includesSystem }
      return discovered(packageName, await ask('discover', body))
    },
    extensions: async () => {
      const reply = await ask('extensions', {})
      return reply.kind === 'ok' ? (reply.value as unknown as readonly InstalledExtension[]) : []
    },
    notify: async (channel, event) => {
      await ask('notify', { channel: toWire(channel), payload: toWire(event) })
    },
    facts: async () => factsOf(await workers.get().hello),
    close: async () => {
      await workers.peek()?.close()
    },
  }
}

function factsOf(reply: Reply): PythonFacts | string {
  if (reply.kind === 'lost') return reply.why
  if (reply.kind === 'error') return reply.error.message
  const { python, executable, chaoslib } = reply.value as unknown as Readonly<Record<string, string | null>>
  return { version: python ?? '', executable: executable ?? '', library: chaoslib ?? undefined }
}

function discovered(packageName: string, reply: Reply): PyDict {
  const value = reply.kind === 'ok' ? fromWire(reply.value) : undefined
  if (isDict(value)) return value
  const why =
    reply.kind === 'ok'
      ? 'its `discover` function must return an object'
      : reply.kind === 'lost'
        ? reply.why
        : reply.error.message
  throw new ProblemError([{ code: 'discovery-failed', what: `Cannot discover ${packageName}`, why }])
}

function workerEnded(why: string): Problem {
  return {
    code: 'python-worker-ended',
    what: 'Cannot keep the Python process of this run',
    why: `${why}: it was ended, and what extensions kept in its memory is gone`,
    fix: 'A fresh process runs what comes next, rollbacks among it',
    level: 'warning',
  }
}
