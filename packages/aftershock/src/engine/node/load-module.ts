import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { othersRunHere } from '../chaos-toolkit/seen-environment.ts'

export type LoadedModule = Readonly<Record<string, unknown>>

/**
 * Imports an ES module of the experiment's author: a path from the working directory, or a package found from there.
 *
 * @throws what the import throws: not found, a syntax error, an exception of the module itself
 */
export async function loadModule(name: string, folder: string = process.cwd()): Promise<LoadedModule> {
  othersRunHere()
  return (await import(addressOf(name, folder))) as LoadedModule
}

function addressOf(name: string, folder: string): string {
  if (name.startsWith('node:') || name.startsWith('file:')) return name
  if (name.startsWith('.') || isAbsolute(name)) return pathToFileURL(resolve(folder, name)).href
  try {
    const found = createRequire(join(folder, 'experiment.js')).resolve(name)
    return isAbsolute(found) ? pathToFileURL(found).href : found
  } catch {
    // A package for `import` only: found as our own packages are.
    return name
  }
}
