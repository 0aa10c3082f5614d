import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Moves a process into the target's cgroups for CPU and memory, so that it competes inside the target's limits.
 *
 * @returns where it is now, as a line for people
 */
export function joinCgroupOf(targetPid: number | undefined, pid: number): string {
  if (targetPid === undefined) return 'beside it: its process is not known'
  const theirs = cgroupsOf(targetPid)
  const ours = cgroupsOf(pid)
  if (theirs.size === 0) return 'beside it: this system has no cgroups'
  const other = [...theirs].filter(([controller, path]) => ours.get(controller) !== path)
  if (other.length === 0) return 'beside it: it has no cgroup of its own'
  try {
    for (const [controller, path] of other)
      writeFileSync(join('/sys/fs/cgroup', controller, path, 'cgroup.procs'), String(pid))
    return `in the cgroup of pid ${targetPid}`
  } catch (error) {
    return `beside it: its cgroup is not writable (${(error as NodeJS.ErrnoException).code})`
  }
}

/** Version 2: one path under the key ''. Version 1: the controllers that matter here. */
function cgroupsOf(pid: number): ReadonlyMap<string, string> {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  } catch {
    return new Map()
  }
  const found = new Map<string, string>()
  for (const line of text.trim().split('\n')) {
    const [, controllers, ...path] = line.split(':')
    for (const controller of controllers.split(','))
      if (['', 'cpu', 'memory'].includes(controller)) found.set(controller, path.join(':'))
  }
  // Beside version 1 controllers, the version 2 hierarchy only names the session.
  if (found.has('memory') || found.has('cpu')) found.delete('')
  return found
}
