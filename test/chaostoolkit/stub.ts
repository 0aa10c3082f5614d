import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { accepts } from '../../packages/aftershock/src/faults/process/ports.ts'

/** Where the recorded experiments expect it. */
const PORTS = [14_318, 59_723]
const LOOK_MS = 50

/** The service that the recorded experiments ask, a script beside them. Resolves once it listens. */
export async function startStub(script: string): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(child, 'exit')
  while (!(await listens())) {
    if (child.exitCode !== null)
      throw new Error(`the stub of the recorded experiments ended: ${PORTS} taken?`)
    await sleep(LOOK_MS)
  }
  return { [Symbol.asyncDispose]: () => stop(child, ended) }
}

async function listens(): Promise<boolean> {
  const all = await Promise.all(PORTS.map((port) => accepts({ host: '127.0.0.1', port })))
  return all.every(Boolean)
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill()
  await ended
}
