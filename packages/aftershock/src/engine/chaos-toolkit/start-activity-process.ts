import { type CLibrary, openPipe } from './c-library.ts'
import { posixSpawn } from './posix-spawn.ts'
import type { ProcessInput } from './run-process.ts'
import { seenEnvironment } from './seen-environment.ts'

/** A process that was started; descriptors to read its streams from. */
export type Started = { readonly pid: number; readonly stdout: number; readonly stderr: number }

/** @returns undefined: nothing has run */
export type Start = (input: Pick<ProcessInput, 'file' | 'args' | 'env'>) => Started | undefined

/** With our stdin and group, and pipes to us. */
export function startsActivityProcesses(c: CLibrary): Start {
  const spawn = posixSpawn(c, 'ours')
  const environment = seenEnvironment()
  const out = new Int32Array(2)
  const err = new Int32Array(2)
  return ({ file, args, env }) => {
    if (hasNul(file, args, env) || !makePipes(c, out, err)) return undefined
    const [stdout = -1, outEnd = -1] = out
    const [stderr = -1, errEnd = -1] = err
    let pid: number | undefined
    try {
      pid = spawn({ file, args, env: environment(env), descriptors: [0, outEnd, errEnd] })
    } finally {
      c.close(outEnd)
      c.close(errEnd)
      if (pid === undefined) {
        c.close(stdout)
        c.close(stderr)
      }
    }
    return pid === undefined ? undefined : { pid, stdout, stderr }
  }
}

function makePipes(c: CLibrary, out: Int32Array, err: Int32Array): boolean {
  if (!openPipe(c, out)) return false
  if (openPipe(c, err)) return true
  for (const end of out) c.close(end)
  return false
}

/** It would end the text in C. */
function hasNul(file: string, args: readonly string[], env: Readonly<Record<string, string>>): boolean {
  return [file, ...args, ...Object.values(env)].some((text) => text.includes('\0'))
}
