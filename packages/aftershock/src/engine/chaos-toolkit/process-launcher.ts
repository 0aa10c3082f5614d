import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { workerFolder } from '../python/worker-files.ts'
import { type Frame, frameOf, frameReader } from './launcher-frames.ts'
import { settleOwed } from './owed-work.ts'
import { type QuickPipes, quickPipes } from './quick-pipes.ts'
import { relayedSignals } from './relayed-signals.ts'
import { type Cut, limitsOf, type ProcessEnd, type ProcessInput } from './run-process.ts'
import { type StreamText, streamText } from './stream-text.ts'
import { toldEnvironment } from './told-environment.ts'

/** A small process that starts others for us, at a fraction of what Node pays. */
export type Launcher = {
  /** @returns undefined where it cannot: it is gone, or the file could not be started; then nothing has run */
  readonly run: (input: ProcessInput) => Promise<ProcessEnd | undefined>
  readonly close: () => Promise<void>
}

type Job = {
  stdout: StreamText | undefined
  stderr: StreamText | undefined
  readonly end: (how: Ending) => void
}

type Ending = 'failed' | 'lost' | number

/** Of the machine itself: a version manager's stand-in costs more than it saves, and any version does. */
const INTERPRETERS = ['/usr/bin/python3', '/usr/local/bin/python3']
const START_MS = 2000
const CLOSE_MS = 1000
/** For a process that takes longer it is not worth to keep everything else waiting; launcher.py waits this long. */
const QUICK_MS = 5
const LOST = 'the process that starts activities was killed, and with it how this one ended'

/** @returns undefined where there is none: no Linux, or no Python */
export function startLauncher(): Launcher | undefined {
  const python = INTERPRETERS.find((one) => existsSync(one))
  return process.platform !== 'linux' || python === undefined ? undefined : new PythonLauncher(python)
}

class PythonLauncher implements Launcher {
  readonly #child
  readonly #patience
  readonly #channel: Duplex & { ref(): void; unref(): void }
  readonly #jobs = new Map<number, Job>()
  readonly #signals = relayedSignals()
  readonly #begun = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<void>()
  readonly #read = frameReader((frame) => this.#hear(frame))
  readonly #environment = toldEnvironment()
  /** How long each file took when it ran last. */
  readonly #lastMs = new Map<string, number>()
  #pipes: QuickPipes | undefined
  #state: 'starting' | 'up' | 'gone' = 'starting'
  #lastId = 0
  /** When the event loop had its last turn. */
  #turnMs = 0

  constructor(python: string) {
    this.#child = spawn(python, ['-I', '-S', `${workerFolder()}/launcher.py`], {
      stdio: ['inherit', 'ignore', 'ignore', 'pipe'],
    })
    this.#channel = this.#child.stdio[3] as Duplex & { ref(): void; unref(): void }
    this.#channel.on('data', this.#read)
    this.#channel.on('error', () => this.#lose())
    this.#child.once('error', () => this.#lose())
    this.#child.once('close', () => this.#lose())
    this.#child.unref()
    this.#patience = setTimeout(() => this.#child.kill('SIGKILL'), START_MS)
  }

  async run(input: ProcessInput): Promise<ProcessEnd | undefined> {
    if (this.#state === 'starting') await this.#begun.promise
    if (this.#state !== 'up' || hasNul(input)) return undefined
    if (input.signal.aborted) return { kind: 'stopped' }
    const ended = this.#started(input)
    // Signals, timers and what else there is to do have waited meanwhile.
    if (this.#jobs.size === 0 && performance.now() > this.#turnMs + QUICK_MS) {
      await turn()
      this.#turnMs = performance.now()
    }
    return ended
  }

  async close(): Promise<void> {
    this.#child.ref()
    this.#channel.ref()
    this.#channel.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_MS)
    await this.#ended.promise
    clearTimeout(timer)
  }

  #started(input: ProcessInput): Promise<ProcessEnd | undefined> | ProcessEnd | undefined {
    const id = ++this.#lastId
    // While others run, the launcher may be about to write to us: neither side must wait then.
    const isQuick = (this.#lastMs.get(input.file) ?? 0) < QUICK_MS
    const pipes = isQuick && this.#jobs.size === 0 ? this.#pipes : undefined
    const beganMs = performance.now()
    let ended: Ending | undefined
    let onEnd = (how: Ending) => {
      ended = how
    }
    const job: Job = { stdout: undefined, stderr: undefined, end: (how) => onEnd(how) }
    const settled = (how: Ending, cut: Cut | undefined): ProcessEnd | undefined => {
      this.#lastMs.set(input.file, performance.now() - beganMs)
      this.#jobs.delete(id)
      return endOf(how, cut, job)
    }
    this.#jobs.set(id, job)
    if (pipes === undefined) this.#channel.write(this.#request('R', id, input))
    else this.#ask(pipes, id, input)
    if (ended !== undefined) return settled(ended, undefined)
    this.#channel.ref()
    return new Promise((resolve) => {
      const timeoutMs = leftOf(input.timeoutMs, beganMs)
      const limits = limitsOf({ ...input, timeoutMs }, () => this.#channel.write(frameOf('K', id, '')))
      onEnd = (how) => {
        limits.lift()
        resolve(settled(how, limits.cut()))
        if (this.#jobs.size === 0) this.#channel.unref()
      }
    })
  }

  #ask(pipes: QuickPipes, id: number, input: ProcessInput): void {
    try {
      pipes.send(this.#request('Q', id, input))
      settleOwed()
      this.#read(pipes.answer())
    } catch {
      // The pipe is broken: the launcher is gone.
      this.#lose()
    }
  }

  #request(kind: 'R' | 'Q', id: number, { file, args, env }: ProcessInput): Buffer {
    let own = ''
    let count = 0
    for (const name in env) {
      own += `${name}=${env[name]}\0`
      count += 1
    }
    const request = frameOf(kind, id, `${count}\0${own}${[file, ...args].join('\0')}`)
    const changed = this.#environment.changed()
    return changed === undefined ? request : Buffer.concat([frameOf('E', 0, changed), request])
  }

  #hear({ kind, id, payload }: Frame): void {
    const job = this.#jobs.get(id)
    if (kind === 'r') this.#begin(payload.toString())
    else if (kind === 's') this.#signals.relay(id)
    else if (kind === 'w' || job === undefined) return
    else if (kind === 'o') {
      job.stdout ??= streamText()
      job.stdout.push(Buffer.from(payload))
    } else if (kind === 'e') {
      job.stderr ??= streamText()
      job.stderr.push(Buffer.from(payload))
    } else job.end(kind === 'f' ? 'failed' : Number(payload))
  }

  #begin(ends: string): void {
    clearTimeout(this.#patience)
    this.#pipes = quickPipes(this.#child.pid ?? 0, ends)
    this.#channel.write(frameOf('O', 0, ''))
    this.#channel.unref()
    this.#state = 'up'
    this.#begun.resolve()
  }

  #lose(): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    clearTimeout(this.#patience)
    this.#signals.end()
    this.#pipes?.close()
    for (const job of [...this.#jobs.values()]) job.end('lost')
    this.#begun.resolve()
    this.#ended.resolve()
  }
}

function endOf(how: Ending, cut: Cut | undefined, { stdout, stderr }: Job): ProcessEnd | undefined {
  if (how === 'failed') return undefined
  if (how === 'lost') return { kind: 'not-started', message: LOST }
  if (cut !== undefined) return { kind: cut }
  return { kind: 'ended', status: how, stdout: stdout?.text() ?? '', stderr: stderr?.text() ?? '' }
}

function leftOf(timeoutMs: number | undefined, beganMs: number): number | undefined {
  return timeoutMs === undefined ? undefined : Math.max(0, beganMs + timeoutMs - performance.now())
}

/** The separator cannot be sent; nor can a process be given it. */
function hasNul({ file, args, env }: ProcessInput): boolean {
  return [file, ...args, ...Object.values(env)].some((text) => text.includes('\0'))
}
