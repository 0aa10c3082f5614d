import type { CLibrary } from './c-library.ts'
import type { ProcessInput } from './run-process.ts'
import { seenEnvironment } from './seen-environment.ts'

/** A process that was started; descriptors to read its streams from. */
export type Started = { readonly pid: number; readonly stdout: number; readonly stderr: number }

/** @returns undefined: nothing has run */
export type Start = (input: Pick<ProcessInput, 'file' | 'args' | 'env'>) => Started | undefined

const CLOSE_ON_EXEC = 0o2000000
/** More than the structures of any C library take. */
const STRUCTURE_BYTES = 1024
const SIGNALS_BYTES = 128
const SET_DEFAULT_SIGNALS = 4
const SET_BLOCKED_SIGNALS = 8
/** Node ignores these two, and what is ignored stays so in a child: SIGPIPE and SIGXFSZ. */
const IGNORED = [13, 25]

/** Starts processes with our stdin, folder and group, as Node does, but without a copy of the page tables of ours. */
export function posixSpawn(c: CLibrary): Start {
  const attributes = attributesOf(c)
  const actions = Buffer.alloc(STRUCTURE_BYTES)
  const out = new Int32Array(2)
  const err = new Int32Array(2)
  const pid = new Int32Array(1)
  const environment = seenEnvironment()
  return ({ file, args, env }) => {
    if (hasNul(file, args, env) || !makePipes(c, out, err)) return undefined
    const [stdout = -1, outEnd = -1] = out
    const [stderr = -1, errEnd = -1] = err
    c.initActions(actions)
    // Of itself: so it stays open, though Node keeps ours from its children.
    c.addDuplicate(actions, 0, 0)
    c.addDuplicate(actions, outEnd, 1)
    c.addDuplicate(actions, errEnd, 2)
    let isStarted = false
    try {
      const argv = [file, ...args, null]
      isStarted = c.spawn(pid, file, actions, attributes, argv, environment(env)) === 0
    } finally {
      c.freeActions(actions)
      c.close(outEnd)
      c.close(errEnd)
      if (!isStarted) {
        c.close(stdout)
        c.close(stderr)
      }
    }
    return isStarted ? { pid: pid[0] ?? 0, stdout, stderr } : undefined
  }
}

function makePipes(c: CLibrary, out: Int32Array, err: Int32Array): boolean {
  if (c.pipe(out, CLOSE_ON_EXEC) !== 0) return false
  if (c.pipe(err, CLOSE_ON_EXEC) === 0) return true
  for (const end of out) c.close(end)
  return false
}

function attributesOf(c: CLibrary): Buffer {
  const attributes = Buffer.alloc(STRUCTURE_BYTES)
  const ignored = Buffer.alloc(SIGNALS_BYTES)
  for (const signal of IGNORED) {
    const bit = signal - 1
    ignored[bit >> 3] = (ignored[bit >> 3] ?? 0) | (1 << (bit & 7))
  }
  c.initAttributes(attributes)
  c.setFlags(attributes, SET_DEFAULT_SIGNALS | SET_BLOCKED_SIGNALS)
  c.setDefaultSignals(attributes, ignored)
  c.setBlockedSignals(attributes, Buffer.alloc(SIGNALS_BYTES))
  return attributes
}

/** It would end the text in C. */
function hasNul(file: string, args: readonly string[], env: Readonly<Record<string, string>>): boolean {
  return [file, ...args, ...Object.values(env)].some((text) => text.includes('\0'))
}
