import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** `shutil.which`: a path as it is, a name along PATH. @returns undefined when nothing executable is there */
export function findExecutable(path: string): string | undefined {
  if (path.includes('/')) return isExecutable(path) ? path : undefined
  const search = process.env.PATH ?? '/bin:/usr/bin'
  const before = found.search === search ? found.places.get(path) : undefined
  if (before !== undefined && canBeExecuted(before)) return before
  const place = search
    .split(delimiter)
    .map((folder) => join(folder === '' ? '.' : folder, path))
    .find((one) => existsSync(one) && isExecutable(one))
  if (found.search !== search) found.places.clear()
  found.search = search
  if (place !== undefined) found.places.set(path, place)
  return place
}

/** A name stays with its place for as long as that can be executed, as in a shell: each activity asks twice. */
const found = { search: '', places: new Map<string, string>() }

/** `os.path.expanduser` for one's own home. */
export function expandUser(path: string): string {
  if (path !== '~' && !path.startsWith('~/')) return path
  return (process.env.HOME ?? homedir()) + path.slice(1)
}

function isExecutable(path: string): boolean {
  return canBeExecuted(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function canBeExecuted(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
