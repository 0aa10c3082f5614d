import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel says about a process. Linux only; elsewhere the functions below do what `ps` allows. */
export type ProcessStat = {
  readonly pid: number
  /** Dead, only not yet reaped: it holds no port and no file any more. */
  readonly isDead: boolean
  readonly parentPid: number
  readonly groupId: number
  /** CPU time used, in clock ticks (100 a second on Linux). */
  readonly cpuTicks: number
  /** Clock ticks after boot. With the pid it names one process, also after the pid was used again. */
  readonly startTicks: number
}

const linux = process.platform === 'linux'

/** @returns undefined when there is no such process, or no `/proc` */
export function statOf(pid: number): ProcessStat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The name in parentheses may hold blanks and parentheses itself: fields count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    pid,
    // The first thread may be a zombie while others are still closing files and sockets.
    isDead: 'ZX'.includes(fields[0]) && Number(fields[17]) <= 1,
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    startTicks: Number(fields[19]),
  }
}

/**
 * A text that no other process ever has on this machine: boot and start time on Linux, the start time
 * that `ps` prints elsewhere. Undefined when the process is gone.
 */
export function identityOf(pid: number): string | undefined {
  if (linux) {
    const stat = statOf(pid)
    return stat === undefined || stat.isDead ? undefined : `${bootId()}:${stat.startTicks}`
  }
  const printed = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return printed.status === 0 && printed.stdout.trim() !== '' ? printed.stdout.trim() : undefined
}

/** Living processes (no zombies) of the process group; without `/proc`, the leader if anyone lives. */
export function membersOfGroup(groupId: number): readonly number[] {
  if (!linux) return groupExists(groupId) ? [groupId] : []
  // Asking the kernel first is cheap; walking /proc is not.
  if (!groupExists(groupId)) return []
  const members: number[] = []
  for (const pid of pids()) {
    const stat = statOf(pid)
    if (stat?.groupId === groupId && !stat.isDead) members.push(pid)
  }
  return members
}

/** All process ids there are; empty without `/proc`. */
export function pids(): readonly number[] {
  if (!linux) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** The command line as one text; empty when unknown. */
export function commandOf(pid: number): string {
  if (!linux)
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  return readProc(`/proc/${pid}/cmdline`).split('\0').join(' ').trim()
}

/**
 * What an environment variable of the process was when it started. Linux only.
 *
 * @returns undefined as well for a process of somebody else, and for one that has ended
 */
export function environmentOf(pid: number, name: string): string | undefined {
  const entries = readProc(`/proc/${pid}/environ`).split('\0')
  return entries.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1)
}

let boot: string | undefined
function bootId(): string {
  boot ??= readProc('/proc/sys/kernel/random/boot_id').trim()
  return boot
}

function groupExists(groupId: number): boolean {
  try {
    process.kill(-groupId, 0)
    return true
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
