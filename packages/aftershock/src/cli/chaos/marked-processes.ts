import { readdirSync, readFileSync } from 'node:fs'
import { MARK_VARIABLE } from '../../engine/chaos-toolkit/journal-file.ts'

/**
 * Ends the processes of activities that were under way when their run was killed, and what those started: they carry
 * the activity's mark in their environment. Only where there is a `/proc`.
 *
 * @returns the marks of which there was one
 */
export function endMarkedProcesses(marks: readonly string[]): readonly string[] {
  const ended = new Set<string>()
  // What is killed may have started another one meanwhile.
  for (let found = marked(marks); found.length > 0; found = marked(marks)) {
    const killed = found.filter(({ pid }) => kill(pid))
    for (const { mark } of killed) ended.add(mark)
    if (killed.length === 0) break
  }
  return [...ended]
}

function marked(marks: readonly string[]): readonly { readonly pid: number; readonly mark: string }[] {
  if (marks.length === 0) return []
  return pids().flatMap((pid) => {
    const own = environmentOf(pid).find((one) => one.startsWith(`${MARK_VARIABLE}=`))
    const mark = own?.slice(MARK_VARIABLE.length + 1)
    return mark !== undefined && marks.includes(mark) ? [{ pid, mark }] : []
  })
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid)
  } catch {
    return []
  }
}

/** Empty for processes of others, and for those that have ended. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  } catch {
    return []
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
