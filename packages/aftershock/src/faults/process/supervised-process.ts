import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Decoded, decoded, type Problem, ProblemError, undecoded } from '../../model/problem.ts'
import type { Address } from '../../model/system.ts'
import { splitCommand } from './command-line.ts'
import type { LimitedLog } from './limited-log.ts'
import { accepts, portProblem } from './ports.ts'
import { type ProcessRecord, recordOf, TOKEN_VARIABLE } from './process-record.ts'
import { membersOfGroup } from './process-table.ts'
import { listeningPortsOf } from './socket-table.ts'
import { type StopOutcome, signalGroup, stopGroup } from './stop-group.ts'

export type ProcessSpec = {
  /** `payment-service-0`: names it in events and problems. */
  readonly name: string
  readonly service: string
  readonly role: 'service' | 'command'
  readonly command: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Where it must listen; undefined = not a server. */
  readonly address: Address | undefined
  /** `never` for load and burners. */
  readonly restart: 'always' | 'never'
}

export type ProcessEvent =
  | { readonly kind: 'started'; readonly pid: number; readonly restarts: number }
  | {
      readonly kind: 'exited'
      readonly pid: number
      readonly code: number | undefined
      readonly signal: string | undefined
      /** Undefined: it stays down. */
      readonly restartInMs: number | undefined
    }
  | { readonly kind: 'not-restarted'; readonly problem: Problem }

export type ProcessHooks = {
  /** Called at once after the process exists, before it can do anything: write it down. */
  readonly record: (record: ProcessRecord) => void
  readonly event: (event: ProcessEvent) => void
  readonly log: LimitedLog
}

/** One process that is kept running until told otherwise. Each start is a process group of its own. */
export class SupervisedProcess {
  readonly spec: ProcessSpec
  readonly #hooks: ProcessHooks
  #child: ChildProcess | undefined
  #wanted: 'running' | 'stopped' = 'stopped'
  #exit: Promise<void> = Promise.resolve()
  #restarts = 0
  /** Exits since it last listened or ran for long: sets the back-off. */
  #exitsInARow = 0
  #lastExit = ''
  #startedAtMs = 0
  #restartTimer: NodeJS.Timeout | undefined

  constructor(spec: ProcessSpec, hooks: ProcessHooks) {
    this.spec = spec
    this.#hooks = hooks
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get restarts(): number {
    return this.#restarts
  }

  /** @throws ProblemError when the port is taken or the program cannot be started */
  async start(): Promise<number> {
    const { address, name } = this.spec
    this.#wanted = 'running'
    const taken = address && (await portProblem(address, name))
    if (taken !== undefined) throw new ProblemError([taken], 4)
    if (this.#isStopped()) throw new ProblemError([stoppedMeanwhile(name)], 4)
    const spawned = await this.#spawn()
    if (!spawned.ok) throw new ProblemError(spawned.problems, 4)
    return spawned.value
  }

  /** @throws ProblemError `never-listens` or `service-exits`, with the last lines it wrote */
  async waitUntilListening(timeoutMs: number): Promise<void> {
    const { address } = this.spec
    if (address === undefined) return
    const endMs = performance.now() + timeoutMs
    while (!(this.#child !== undefined && (await accepts(address)))) {
      if (this.#exitsInARow >= EXITS_MAX) throw new ProblemError([this.#exitProblem()], 4)
      if (performance.now() > endMs) throw new ProblemError([this.#silenceProblem(address, timeoutMs)], 4)
      await sleep(LISTEN_POLL_MS)
    }
    this.#exitsInARow = 0
  }

  /** Ends the process; afterwards it is started again as after a crash. */
  async kill(graceMs: number): Promise<StopOutcome> {
    const group = this.pid
    this.#exitsInARow = 0
    if (group === undefined) return { how: 'gone', tookMs: 0 }
    const outcome = await stopGroup(group, graceMs)
    // Its end must have been seen before it may be waited for again.
    if (outcome.how !== 'alive') await this.#exit
    return outcome
  }

  /** Ends the process, and it stays down until `start`. */
  async stop(graceMs: number): Promise<StopOutcome> {
    this.#wanted = 'stopped'
    clearTimeout(this.#restartTimer)
    return await this.kill(graceMs)
  }

  #isStopped(): boolean {
    return this.#wanted === 'stopped'
  }

  #spawn(): Promise<Decoded<number>> {
    const token = randomUUID()
    const env = { ...process.env, ...this.spec.env, [TOKEN_VARIABLE]: token }
    const line = splitCommand(this.spec.command, env)
    if (!line.ok) return Promise.resolve(line)
    const [program, ...args] = line.value
    const child = spawn(program, args, {
      cwd: this.spec.cwd,
      env,
      // A group of its own: the terminal's Ctrl-C does not reach it, and its children can be stopped with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { pid } = child
    const unrecorded = pid === undefined ? undefined : this.#begin(child, pid, token)
    if (unrecorded !== undefined) return Promise.resolve(undecoded(unrecorded))
    return new Promise((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        resolve(undecoded(this.#spawnProblem(program, error))),
      )
      if (pid !== undefined) resolve(decoded(pid))
    })
  }

  /** @returns the problem when it could not be written down: then it does not run either */
  #begin(child: ChildProcess, pid: number, token: string): Problem | undefined {
    try {
      this.#hooks.record(recordOf({ ...this.spec, pid, token }))
    } catch (error) {
      signalGroup(pid, 'SIGKILL')
      return {
        code: 'process-not-recorded',
        what: `Cannot start ${this.spec.name}`,
        why: `what we start must be written down first, so that it can be stopped: ${String(error)}`,
        fix: 'Make room on the disk, or make the run folder writable',
      }
    }
    this.#child = child
    this.#startedAtMs = performance.now()
    child.stdout?.on('data', (chunk: Buffer) => this.#hooks.log.write(chunk))
    child.stderr?.on('data', (chunk: Buffer) => this.#hooks.log.write(chunk))
    this.#exit = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        this.#ended(pid, code ?? undefined, signal ?? undefined)
        resolve()
      }),
    )
    this.#hooks.event({ kind: 'started', pid, restarts: this.#restarts })
    return undefined
  }

  #ended(pid: number, code: number | undefined, signal: string | undefined): void {
    this.#child = undefined
    // What it started must not keep its port or do its work on.
    signalGroup(pid, 'SIGKILL')
    this.#lastExit = signal === undefined ? `with code ${code}` : `by ${signal}`
    const again = this.#wanted === 'running' && this.spec.restart === 'always'
    if (performance.now() - this.#startedAtMs > STABLE_AFTER_MS) this.#exitsInARow = 0
    const restartInMs = again ? Math.min(BACK_OFF_MS * 2 ** this.#exitsInARow, BACK_OFF_MAX_MS) : undefined
    this.#exitsInARow += 1
    this.#hooks.event({ kind: 'exited', pid, code, signal, restartInMs })
    if (restartInMs === undefined) return
    this.#restartTimer = setTimeout(() => void this.#restart(), restartInMs)
  }

  async #restart(): Promise<void> {
    if (this.#isStopped()) return
    this.#restarts += 1
    const spawned = await this.#spawn()
    if (!spawned.ok) this.#hooks.event({ kind: 'not-restarted', problem: spawned.problems[0] })
  }

  #spawnProblem(program: string, error: NodeJS.ErrnoException): Problem {
    return {
      code: 'command-not-found',
      what: `Cannot start ${this.spec.name}`,
      why: `the program must exist and be executable: ${program} in ${this.spec.cwd} (${error.code ?? error.message})`,
      fix: 'Check `command` and `cwd`; commands run without a shell',
    }
  }

  #exitProblem(): Problem {
    return {
      code: 'service-exits',
      what: `Cannot start ${this.spec.name}`,
      why: `it must keep running: it ended ${EXITS_MAX} times, last ${this.#lastExit}${this.#tail()}`,
      fix: `Run \`${this.spec.command}\` by hand in ${this.spec.cwd}, or read ${this.#hooks.log.file}`,
    }
  }

  #silenceProblem(address: Address, timeoutMs: number): Problem {
    const others = this.pid === undefined ? [] : listeningPortsOf(membersOfGroup(this.pid))
    const instead = others.length === 0 ? '' : `; it listens on ${others.join(', ')} instead`
    const place = `${address.host}:${address.port}`
    return {
      code: 'never-listens',
      what: `Cannot reach ${this.spec.name}`,
      why: `it must listen on ${place} within ${timeoutMs / 1000} s: it does not${instead}${this.#tail()}`,
      fix: `Let it listen on the port in the variable PORT (${address.port}), or change \`upstream\``,
    }
  }

  #tail(): string {
    const lines = this.#hooks.log.tail()
    return lines.length === 0 ? '; it wrote nothing' : `; its last lines:\n  ${lines.join('\n  ')}`
  }
}

const EXITS_MAX = 3
const LISTEN_POLL_MS = 50
const BACK_OFF_MS = 100
const BACK_OFF_MAX_MS = 10_000
/** A process that ran this long was well: its next end starts the back-off anew. */
const STABLE_AFTER_MS = 10_000

function stoppedMeanwhile(name: string): Problem {
  return {
    code: 'start-stopped',
    what: `Cannot start ${name}`,
    why: 'it may only run until it is told to stop: that came while it was starting',
  }
}
