import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { ProblemError } from '../../model/problem.ts'
import { joinCgroupOf } from './cgroup.ts'
import { entryPath } from './entry.ts'
import { type ProcessRecord, recordOf, TOKEN_VARIABLE } from './process-record.ts'
import { identityOf } from './process-table.ts'
import { stopGroup } from './stop-group.ts'

export type BurnerSpec =
  | {
      readonly kind: 'cpu'
      readonly loadPercent: number
      /** Of a core: what is left for one where there are more workers than cores. */
      readonly reachablePercent: number
    }
  | { readonly kind: 'memory'; readonly bytes: number }

export type Burner = {
  readonly pid: number
  /** Where it burns: `in the cgroup of pid 12`, or beside it and why. */
  readonly where: string
  readonly kind: BurnerSpec['kind']
  /** Seconds in which it did what was asked (half of the load at least, of what it can reach), and seconds watched. */
  samples(): { readonly met: number; readonly all: number; readonly meanPercent: number }
  alive(): boolean
  stop(): Promise<void>
}

/**
 * Starts one worker that uses CPU or memory, in the target's cgroup when that is writable.
 *
 * @param targetPid - undefined when the target's process is not known
 * @returns when it burns: memory is all taken and touched
 */
export async function startBurner(
  spec: BurnerSpec,
  targetPid: number | undefined,
  service: string,
  record: (record: ProcessRecord) => void,
): Promise<Burner> {
  const token = randomUUID()
  const [script, argument] =
    spec.kind === 'cpu' ? ['stress-cpu', spec.loadPercent] : ['stress-memory', spec.bytes]
  const child = fork(entryPath(`./${script}`, import.meta.url), [String(argument)], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, [TOKEN_VARIABLE]: token },
  })
  const { pid } = child
  if (pid === undefined) throw cannotBurn(service, 'a process could not be started')
  record(recordOf({ role: 'burner', pid, token, command: `${script} ${argument}`, service }))
  const where = joinCgroupOf(targetPid, pid)
  const watch = watcher(spec)
  child.on('message', (message) => watch.add(message as Sample))
  const ended = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(`${signal ?? code}`)),
  )
  const first = new Promise<void>((resolve) => child.once('message', () => resolve()))
  const late = new Promise<string>((resolve) => setTimeout(() => resolve('time is up'), READY_MS).unref())
  const failed = await Promise.race([first, ended, late])
  if (failed !== undefined) {
    await stopGroup(pid, 0)
    throw cannotBurn(service, `a ${spec.kind} worker must get ready within ${READY_MS / 1000} s: ${failed}`)
  }
  return {
    pid,
    where,
    kind: spec.kind,
    samples: watch.samples,
    alive: () => identityOf(pid) !== undefined,
    stop: async () => {
      const outcome = await stopGroup(pid, 0)
      if (outcome.how === 'alive') throw cannotBurn(service, `worker ${pid} must end after SIGKILL: it lives`)
    },
  }
}

type Sample = { readonly cpuMs: number; readonly residentBytes: number }

const READY_MS = 30_000

function watcher(spec: BurnerSpec) {
  let last: { readonly cpuMs: number; readonly atMs: number } | undefined
  let met = 0
  let all = 0
  let sumPercent = 0
  const wantedPercent = spec.kind === 'memory' ? 100 : Math.min(spec.loadPercent, spec.reachablePercent)
  return {
    add: (sample: Sample): void => {
      const atMs = performance.now()
      const percent =
        spec.kind === 'memory'
          ? (100 * sample.residentBytes) / Math.max(1, spec.bytes)
          : last && (100 * (sample.cpuMs - last.cpuMs)) / (atMs - last.atMs)
      last = { cpuMs: sample.cpuMs, atMs }
      if (percent === undefined) return
      all += 1
      sumPercent += percent
      if (percent >= wantedPercent / 2) met += 1
    },
    samples: () => ({ met, all, meanPercent: all === 0 ? 0 : sumPercent / all }),
  }
}

function cannotBurn(service: string, why: string): ProblemError {
  return new ProblemError([{ code: 'stress-failed', what: `Cannot put ${service} under stress`, why }], 4)
}
