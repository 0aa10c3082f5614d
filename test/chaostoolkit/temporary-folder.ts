import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()

/** A folder that is gone with this process, also when `timeout` or Ctrl-C ends it. */
export function temporaryFolder(name: string): string {
  if (folders.size === 0) removeAtTheEnd()
  const folder = mkdtempSync(join(tmpdir(), name))
  folders.add(folder)
  return folder
}

function removeAtTheEnd(): void {
  process.on('exit', () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  for (const [signal, code] of SIGNALS) process.once(signal, () => process.exit(code))
}

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const
