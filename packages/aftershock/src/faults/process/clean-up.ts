import type { Problem } from '../../model/problem.ts'
import { type ProcessRecord, readProcessRecords, TOKEN_VARIABLE } from './process-record.ts'
import { environmentOf, identityOf, membersOfGroup } from './process-table.ts'
import { stopGroup } from './stop-group.ts'

export type CleanUp = {
  /** Stopped now. */
  readonly stopped: readonly ProcessRecord[]
  /** Could not be stopped: exit code 6. */
  readonly problems: readonly Problem[]
}

/** Processes of the file that still live: these and no others may be touched. */
export function leftBehind(file: string): readonly ProcessRecord[] {
  return readProcessRecords(file).filter(isAlive)
}

/**
 * Call it only when the runner is known to be gone: what it stops may belong to a run that goes on.
 * Stops what a run left behind after its warden was killed. A process is ours only when pid *and* start
 * time match the record; members of its group whose leader died, only when they carry its token.
 *
 * @param file - `processesFile(runFolder)`; a missing file means nothing to do
 */
export async function cleanUp(file: string, graceMs = 1_500): Promise<CleanUp> {
  // A warden that still lives undoes everything itself, in the right order; it only has to be told.
  const wardens = leftBehind(file).filter((record) => record.role === 'warden')
  const told = await Promise.all(wardens.map((record) => stopGroup(record.pgid, WARDEN_GRACE_MS)))
  const others = leftBehind(file).filter((record) => record.role !== 'warden')
  const rest = await Promise.all(others.map((record) => stopGroup(record.pgid, graceMs)))
  const records = [...wardens, ...others]
  const outcomes = [...told, ...rest]
  return {
    stopped: records.filter((_, i) => outcomes[i].how !== 'alive'),
    problems: records.filter((_, i) => outcomes[i].how === 'alive').map(cannotStop),
  }
}

const WARDEN_GRACE_MS = 10_000

function isAlive(record: ProcessRecord): boolean {
  if (record.identity !== undefined && identityOf(record.pid) === record.identity) return true
  // The leader is gone. Its children keep the group; a stranger in a group of the same number lacks the token.
  return membersOfGroup(record.pgid).some((pid) => environmentOf(pid, TOKEN_VARIABLE) === record.token)
}

function cannotStop(record: ProcessRecord): Problem {
  return {
    code: 'process-stays',
    what: `Cannot stop ${record.service}`,
    why: `a process must end after SIGKILL: group ${record.pgid} (${record.command}) still lives`,
    fix: `kill -9 -- -${record.pgid}`,
  }
}
