import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { identityOf, statOf } from './process-table.ts'

/**
 * One process that we started, written at once when it starts, so that somebody else can stop it when
 * we cannot: one line of `<runFolder>/processes.ndjson`.
 */
export type ProcessRecord = {
  readonly at: string
  readonly role: 'warden' | 'service' | 'command' | 'burner'
  readonly pid: number
  /** Leader of the process group that is stopped as a whole. */
  readonly pgid: number
  /** From `/proc/<pid>/stat`; undefined where there is no `/proc`. */
  readonly startTicks: number | undefined
  /** See `identityOf`: the pid alone may have been given to somebody else since. */
  readonly identity: string | undefined
  /** Value of `AFTERSHOCK_PROCESS` in its environment and in that of what it starts. */
  readonly token: string
  readonly command: string
  /** The service, or what else it is for: `load`, `stress payment-service-0`. */
  readonly service: string
}

export const TOKEN_VARIABLE = 'AFTERSHOCK_PROCESS'

/** The record of a process that leads a group of its own and was started just now. */
export function recordOf(
  about: Pick<ProcessRecord, 'role' | 'pid' | 'token' | 'command' | 'service'>,
): ProcessRecord {
  const { role, pid, token, command, service } = about
  return {
    at: new Date().toISOString(),
    role,
    pid,
    pgid: pid,
    startTicks: statOf(pid)?.startTicks,
    identity: identityOf(pid),
    token,
    command,
    service,
  }
}

export function processesFile(runFolder: string): string {
  return join(runFolder, 'processes.ndjson')
}

/** Appends one line and waits until it is on disk. */
export function appendLine(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true })
  const fd = openSync(file, 'a')
  try {
    writeSync(fd, `${JSON.stringify(value)}\n`)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Records of the file; a line cut short by a crash is left out. No file = none. */
export function readProcessRecords(file: string): readonly ProcessRecord[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line)
      return isRecord(value) ? [value] : []
    } catch {
      return []
    }
  })
}

function isRecord(value: unknown): value is ProcessRecord {
  if (typeof value !== 'object' || value === null) return false
  const { pid, pgid, token } = value as Partial<ProcessRecord>
  return (
    Number.isSafeInteger(pid) && Number.isSafeInteger(pgid) && Number(pgid) > 1 && typeof token === 'string'
  )
}
