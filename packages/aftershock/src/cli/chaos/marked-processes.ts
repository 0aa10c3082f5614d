import { MARK_VARIABLE } from '../../engine/chaos-toolkit/activity-mark.ts'
import type { RunProcess } from '../../engine/chaos-toolkit/run-process.ts'
import { environmentOf, pids } from '../../faults/process/process-table.ts'

/**
 * Ends the processes of activities that were under way when their run was cut short or killed, and what those started:
 * they carry the activity's mark in their environment. Only where there is a `/proc`.
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

/**
 * An activity that is cut short takes along what it has started: the rollbacks know of no fault that it was about to
 * make. One that came to its end, or took too long, leaves its children alone, as the reference does; so does every one
 * that has no mark, under `--strict-compat`.
 */
export function endingWhole(run: RunProcess): RunProcess {
  return async (input) => {
    const ended = await run(input)
    const mark = ended.kind === 'stopped' ? input.env[MARK_VARIABLE] : undefined
    if (mark !== undefined) endMarkedProcesses([mark])
    return ended
  }
}

function marked(marks: readonly string[]): readonly { readonly pid: number; readonly mark: string }[] {
  if (marks.length === 0) return []
  return pids().flatMap((pid) => {
    const mark = pid === process.pid ? undefined : environmentOf(pid, MARK_VARIABLE)
    return mark !== undefined && marks.includes(mark) ? [{ pid, mark }] : []
  })
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
