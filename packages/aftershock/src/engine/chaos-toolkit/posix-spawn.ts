import type { CLibrary } from './c-library.ts'

export type SpawnInput = {
  readonly file: string
  readonly args: readonly string[]
  /** K=V each, then null. */
  readonly env: readonly (string | null)[]
  /** Ours that become its stdin, stdout and stderr; it is given no others. */
  readonly descriptors: readonly [number, number, number]
}

/** @returns the process; undefined: nothing has run */
export type Spawn = (input: SpawnInput) => number | undefined

/** More than the structures of any C library take. */
const STRUCTURE_BYTES = 1024
const SIGNALS_BYTES = 128
const SET_DEFAULT_SIGNALS = 4
const SET_BLOCKED_SIGNALS = 8
const NEW_SESSION = 128
/** Node ignores these two, and what is ignored stays so in a child: SIGPIPE and SIGXFSZ. */
const IGNORED = [13, 25]

/** Starts processes in our folder, as Node does, but without a copy of the page tables of ours. */
export function posixSpawn(c: CLibrary, session: 'ours' | 'its own'): Spawn {
  const attributes = attributesOf(c, session)
  const actions = Buffer.alloc(STRUCTURE_BYTES)
  const pid = new Int32Array(1)
  return ({ file, args, env, descriptors }) => {
    c.initActions(actions)
    // Also of 0 to 0: so it stays open, though Node keeps ours from its children.
    descriptors.forEach((descriptor, as) => {
      c.addDuplicate(actions, descriptor, as)
    })
    try {
      return c.spawn(pid, file, actions, attributes, [file, ...args, null], env) === 0 ? pid[0] : undefined
    } finally {
      c.freeActions(actions)
    }
  }
}

function attributesOf(c: CLibrary, session: 'ours' | 'its own'): Buffer {
  const attributes = Buffer.alloc(STRUCTURE_BYTES)
  const ignored = Buffer.alloc(SIGNALS_BYTES)
  for (const signal of IGNORED) {
    const bit = signal - 1
    ignored[bit >> 3] = (ignored[bit >> 3] ?? 0) | (1 << (bit & 7))
  }
  c.initAttributes(attributes)
  c.setFlags(
    attributes,
    SET_DEFAULT_SIGNALS | SET_BLOCKED_SIGNALS | (session === 'its own' ? NEW_SESSION : 0),
  )
  c.setDefaultSignals(attributes, ignored)
  c.setBlockedSignals(attributes, Buffer.alloc(SIGNALS_BYTES))
  return attributes
}
