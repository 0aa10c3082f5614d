import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Problem } from '../model/problem.ts'

/** One run at a time in one `.aftershock` folder: two would share ports, services and faults. */
export type RunLock = { release(): void }

type Owner = { readonly pid: number; readonly startedAt: string; readonly run: string }

/**
 * @param isAlive - whether that process still is the owner (same pid and start time)
 * @returns the lock, or the problem naming who holds it; a dead owner's lock is taken over
 */
export function takeRunLock(
  home: string,
  run: string,
  isAlive: (pid: number, startedAt: string) => boolean,
  startOf: (pid: number) => string,
): { readonly lock: RunLock } | { readonly problem: Problem } {
  mkdirSync(home, { recursive: true })
  const file = join(home, 'lock')
  const mine: Owner = { pid: process.pid, startedAt: startOf(process.pid), run }
  for (let tries = 0; tries < 3; tries++) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx' })
      return { lock: { release: () => release(file) } }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const owner = ownerOf(file)
      if (owner !== undefined && isAlive(owner.pid, owner.startedAt)) return { problem: heldBy(owner, file) }
      rmSync(file, { force: true })
    }
  }
  return {
    problem: {
      code: 'run-lock',
      what: 'Cannot start the run',
      why: `the lock changes hands too often: ${file}`,
    },
  }
}

function release(file: string): void {
  if (ownerOf(file)?.pid === process.pid) rmSync(file, { force: true })
}

function ownerOf(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

function heldBy(owner: Owner, file: string): Problem {
  return {
    code: 'run-in-progress',
    what: 'Cannot start the run',
    where: { file },
    why: `one run at a time in a folder: ${owner.run} is running as process ${owner.pid}`,
    fix: `wait for it, or end it with \`aftershock stop ${owner.run}\``,
  }
}
