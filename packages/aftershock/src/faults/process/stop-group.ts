import { setTimeout as sleep } from 'node:timers/promises'
import { membersOfGroup } from './process-table.ts'

export type StopOutcome = {
  /** `gone`: nothing lived any more. `killed`: it outlived the grace period. `alive`: not even SIGKILL helped. */
  readonly how: 'gone' | 'ended' | 'killed' | 'alive'
  readonly tookMs: number
}

/**
 * Stops a whole process group, so that what `npm start` started ends too: the signal, a grace period,
 * then SIGKILL until nobody is left.
 *
 * @param graceMs - 0 kills at once
 */
export async function stopGroup(groupId: number, graceMs: number): Promise<StopOutcome> {
  const startMs = performance.now()
  const took = (how: StopOutcome['how']): StopOutcome => ({ how, tookMs: performance.now() - startMs })
  if (membersOfGroup(groupId).length === 0) return took('gone')
  if (graceMs > 0) {
    signalGroup(groupId, 'SIGTERM')
    if (await isGone(groupId, graceMs)) return took('ended')
  }
  signalGroup(groupId, 'SIGKILL')
  return took((await isGone(groupId, KILL_WAIT_MS)) ? 'killed' : 'alive')
}

/** Sends a signal to every process of the group. One that is gone, or not ours, is no error: `stopGroup` looks. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  // 0 and 1 would mean our own group and everybody.
  if (!Number.isSafeInteger(groupId) || groupId < 2) throw new Error(`no process group: ${groupId}`)
  try {
    process.kill(-groupId, signal)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

/** A process in uninterruptible sleep dies only when its system call returns. */
const KILL_WAIT_MS = 5_000
const POLL_MS = 20

async function isGone(groupId: number, withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs
  while (membersOfGroup(groupId).length > 0) {
    if (performance.now() > endMs) return false
    await sleep(POLL_MS)
  }
  return true
}
