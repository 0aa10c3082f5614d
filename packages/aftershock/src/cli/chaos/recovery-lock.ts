import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { identityOf } from '../../faults/process/process-table.ts'

/** Only one process ends a run that died: the keeper, or the next command. */
export function takeRecoveryLock(path: string): (() => void) | undefined {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, `${process.pid} ${identityOf(process.pid) ?? ''}`, { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (isHeld(path)) return undefined
      rmSync(path, { force: true })
    }
  }
  return undefined
}

export function isHeld(path: string): boolean {
  try {
    const [pid = '', identity = ''] = readFileSync(path, 'utf8').split(' ', 2)
    return identityOf(Number(pid)) === identity
  } catch {
    return false
  }
}
