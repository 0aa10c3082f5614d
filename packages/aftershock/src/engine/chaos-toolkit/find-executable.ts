import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** `shutil.which`: a path as it is, a name along PATH. @returns undefined when nothing executable is there */
export function findExecutable(path: string): string | undefined {
  if (path.includes('/')) return isExecutable(path) ? path : undefined
  const folders = (process.env.PATH ?? '/bin:/usr/bin').split(delimiter)
  return folders.map((folder) => join(folder === '' ? '.' : folder, path)).find(isExecutable)
}

/** `os.path.expanduser` for one's own home. */
export function expandUser(path: string): string {
  if (path !== '~' && !path.startsWith('~/')) return path
  return (process.env.HOME ?? homedir()) + path.slice(1)
}

function isExecutable(path: string): boolean {
  try {
    // Most folders of PATH do not have it, and an exception for each is dear.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
