import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { type Problem, ProblemError } from '../../model/problem.ts'
import type { ServiceConfig } from '../../model/system.ts'
import type { InjectionEvidence, Removal } from '../injector.ts'
import { cleanUp } from '../process/clean-up.ts'
import { entryPath } from '../process/entry.ts'
import { processesFile } from '../process/process-record.ts'
import type { ProxyStats } from '../proxy/proxy.ts'
import type { Applied, ApplyRequest } from './fault-action.ts'
import type {
  Answer,
  Ask,
  CallName,
  CommandSpec,
  FromWarden,
  OpenedProxy,
  ToWarden,
  WardenEvent,
  WardenOptions,
} from './messages.ts'

/** The runner's side of the warden. Every call ends: with an answer, a problem, or a time-out problem. */
export type Warden = AsyncDisposable & {
  readonly pid: number
  /** Starts one replica; its output goes to `<runFolder>/services/<service>-<replica>.log`. */
  startService(
    service: ServiceConfig,
    extraEnv: Readonly<Record<string, string>>,
    replica: number,
  ): Promise<{ readonly pid: number }>
  /** @throws ProblemError `never-listens` or `service-exits`, with the last lines of its log */
  waitUntilListening(pod: string, timeoutMs: number): Promise<void>
  /** Opens a proxy for each service that has `listen` and `upstream`. */
  openProxies(services: readonly ServiceConfig[]): Promise<readonly OpenedProxy[]>
  /** External load and the like: never restarted; its end is an event. */
  startCommand(command: CommandSpec): Promise<{ readonly pid: number }>
  stopCommand(name: string): Promise<void>
  apply(request: ApplyRequest): Promise<Applied>
  evidence(faultId: string): Promise<InjectionEvidence>
  remove(faultId: string): Promise<Removal>
  proxyStats(): Promise<Readonly<Record<string, ProxyStats>>>
  /** @returns the way to stop listening */
  onEvent(listener: (event: WardenEvent) => void): () => void
  /**
   * Undoes everything. Idempotent.
   *
   * @param graceMs - what services get between SIGTERM and SIGKILL, 1 s when not said
   * @returns what was done, a line each
   * @throws ProblemError (exit 6) when something that we started still lives
   */
  shutdown(graceMs?: number): Promise<readonly string[]>
}

export type WardenStart = Pick<WardenOptions, 'runFolder'> & Partial<WardenOptions>

/**
 * Starts the warden. The lease is renewed by itself as long as this process runs its event loop.
 *
 * @throws ProblemError `warden-not-started`
 */
export async function startWarden(start: WardenStart): Promise<Warden> {
  const options: WardenOptions = { ...defaultsFor(start.runFolder), ...start }
  mkdirSync(options.runFolder, { recursive: true })
  const output = openSync(join(options.runFolder, 'warden.log'), 'a')
  const child = fork(entryPath('./warden-main', import.meta.url), [JSON.stringify(options)], {
    // A session of its own: neither the terminal's Ctrl-C nor its end reaches it.
    detached: true,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', output, output, 'ipc'],
  })
  closeSync(output)
  const line = new WardenLine(child, options)
  await line.ready()
  const call = line.call.bind(line)
  let ended: Promise<readonly string[]> | undefined
  const shutdown = (graceMs?: number): Promise<readonly string[]> => {
    ended ??= line.close(graceMs)
    return ended
  }
  return {
    pid: child.pid ?? 0,
    startService: (service, env, replica) => call('start-service', { service, env, replica }),
    waitUntilListening: async (pod, timeoutMs) => {
      await call('wait-listening', { pod, timeoutMs }, timeoutMs + CALL_MS)
    },
    openProxies: (services) => call('open-proxies', { services }),
    startCommand: (command) => call('start-command', command),
    stopCommand: async (name) => {
      await call('stop-command', { name })
    },
    apply: (request) => call('apply', request, SLOW_CALL_MS + graceMsOf(request)),
    evidence: (faultId) => call('evidence', { faultId }),
    remove: (faultId) => call('remove', { faultId }, SLOW_CALL_MS),
    proxyStats: () => call('proxy-stats', undefined),
    onEvent: (listener) => line.listen(listener),
    shutdown,
    [Symbol.asyncDispose]: async () => {
      await shutdown()
    },
  }
}

/** Replicas are killed one after the other. */
function graceMsOf(request: ApplyRequest): number {
  return request.actions.reduce((sum, action) => sum + (action.kind === 'kill' ? action.graceMs : 0), 0)
}

const CALL_MS = 20_000
/** Killing with a grace period, taking memory, waiting until a service listens again. */
const SLOW_CALL_MS = 60_000
const READY_MS = 20_000
/** After its last answer the warden only has to exit. */
const EXIT_MS = 5_000
const RENEW_MS = 1_000

function defaultsFor(runFolder: string): Omit<WardenOptions, 'runFolder'> {
  return {
    journalFile: join(runFolder, 'warden.ndjson'),
    leaseMs: 10_000,
    seed: 1,
    logBytesMax: 16 * 1024 * 1024,
  }
}

type Waiting = {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** Requests, answers and events over the channel. */
class WardenLine {
  readonly #child: ChildProcess
  readonly #options: WardenOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<(event: WardenEvent) => void>()
  readonly #renewal: NodeJS.Timeout
  readonly #ready: Promise<void>
  readonly #gone: Promise<void>
  #nextId = 1
  /** What could not be stopped after the warden ended. */
  #left: readonly Problem[] = []
  #state: 'open' | 'closing' | 'gone' = 'open'

  constructor(child: ChildProcess, options: WardenOptions) {
    this.#child = child
    this.#options = options
    // A runner that forgets its warden may end: the warden sees it.
    child.unref()
    child.channel?.unref()
    this.#renewal = setInterval(() => this.#send({ type: 'renew' }), RENEW_MS)
    this.#renewal.unref()
    this.#ready = new Promise((resolve) =>
      child.on('message', (message: FromWarden) => {
        if (message.type === 'ready') resolve()
        else this.#receive(message)
      }),
    )
    this.#gone = new Promise((resolve) => {
      child.once('exit', (code, signal) => void this.#ended(signal ?? `code ${code}`).finally(resolve))
      child.once('error', (error) => void this.#ended(error.message).finally(resolve))
    })
  }

  async ready(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), READY_MS)
    })
    const first = await Promise.race([this.#ready, this.#gone.then(() => 'gone' as const), late])
    clearTimeout(timer)
    if (first === undefined) return
    this.#child.kill('SIGKILL')
    throw new ProblemError([notStarted(this.#options, first)], 4)
  }

  call<K extends CallName>(name: K, ask: Ask<K>, timeoutMs = CALL_MS): Promise<Answer<K>> {
    if (this.#state === 'gone') return Promise.reject(new ProblemError([wardenGone(name)], 4))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        reject(new ProblemError([tooSlow(name, timeoutMs)], 4))
      }, timeoutMs)
      this.#waiting.set(id, { resolve, reject, timer })
      this.#send({ type: 'call', id, name, ask })
    })
  }

  listen(listener: (event: WardenEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async close(graceMs: number | undefined): Promise<readonly string[]> {
    if (this.#state === 'gone') return []
    this.#state = 'closing'
    // One that dies in the middle is followed by `#ended`, which stops what is left.
    const done = await this.call('shut-down', { graceMs }, CALL_MS + (graceMs ?? 0)).catch(
      (): readonly string[] => ['the warden ended before it was done: what it had started was stopped'],
    )
    if (this.#child.connected) this.#child.disconnect()
    this.#child.ref()
    const hangs = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_MS)
    await this.#gone
    clearTimeout(hangs)
    if (this.#left.length > 0) throw new ProblemError(this.#left, 6)
    return done
  }

  #send(message: ToWarden): void {
    // A channel that just closed: the exit event follows and answers everybody.
    if (this.#child.connected) this.#child.send(message, undefined, undefined, () => undefined)
  }

  #receive(message: FromWarden): void {
    if (message.type === 'event') this.#tell(message.event)
    if (message.type === 'event' || message.type === 'ready') return
    const waiting = this.#waiting.get(message.id)
    if (waiting === undefined) return
    this.#waiting.delete(message.id)
    clearTimeout(waiting.timer)
    if (message.type === 'answer') waiting.resolve(message.value as never)
    else waiting.reject(new ProblemError(message.problems, message.exitCode))
  }

  async #ended(how: string): Promise<void> {
    if (this.#state === 'gone') return
    const asked = this.#state === 'closing'
    this.#state = 'gone'
    clearInterval(this.#renewal)
    // Its proxies went with it; what it started lives on unless it ended in order.
    const { problems } = await cleanUp(processesFile(this.#options.runFolder))
    this.#left = problems
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(new ProblemError([wardenGone(how)], 4))
    }
    this.#waiting.clear()
    if (!asked) this.#tell({ kind: 'warden-gone', problems: [wardenGone(how), ...problems] })
  }

  #tell(event: WardenEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

function notStarted(options: WardenOptions, how: string): Problem {
  return {
    code: 'warden-not-started',
    what: 'Cannot start the warden, the process that undoes faults whatever happens',
    why: `it must be ready within ${READY_MS / 1000} s: ${how === 'late' ? 'it is not' : 'it ended'}`,
    fix: `Read ${join(options.runFolder, 'warden.log')}`,
  }
}

function wardenGone(how: string): Problem {
  return {
    code: 'warden-gone',
    what: 'Cannot go on with the run',
    why: `the warden must live as long as the run: it ended (${how}); its faults ended with it`,
    fix: 'Run again; if nobody killed it, read warden.log and warden.ndjson in the run folder',
  }
}

function tooSlow(name: string, timeoutMs: number): Problem {
  return {
    code: 'warden-silent',
    what: `Cannot get an answer from the warden to "${name}"`,
    why: `it must answer within ${timeoutMs / 1000} s: it did not`,
    fix: 'aftershock stop --all',
  }
}
