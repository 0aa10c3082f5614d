import { createRequire } from 'node:module'

/** What of the C library starts a process without a copy of ours, and waits for its end. As in the manual pages. */
export type CLibrary = {
  /** Two descriptors: the end to read from, the one to write to. @returns 0, or -1 */
  readonly pipe: (ends: Int32Array, flags: number) => number
  readonly close: (descriptor: number) => number
  /** @param set - for each descriptor itself, what to wait for (16 bits) and what there is (16 bits) */
  readonly poll: (set: Int32Array, count: number, patienceMs: number) => number
  /** @returns the process that ended, or 0 */
  readonly wait: (pid: number, status: Int32Array, options: number) => number
  /** Lets others run on this processor. */
  readonly yield: () => number
  readonly initActions: (actions: Buffer) => number
  readonly addDuplicate: (actions: Buffer, descriptor: number, as: number) => number
  readonly freeActions: (actions: Buffer) => number
  readonly initAttributes: (attributes: Buffer) => number
  readonly setFlags: (attributes: Buffer, flags: number) => number
  readonly setDefaultSignals: (attributes: Buffer, signals: Buffer) => number
  readonly setBlockedSignals: (attributes: Buffer, signals: Buffer) => number
  /** @returns 0, or the number of the error: then nothing has run */
  readonly spawn: (
    pid: Int32Array,
    file: string,
    actions: Buffer,
    attributes: Buffer,
    argv: readonly (string | null)[],
    env: readonly (string | null)[],
  ) => number
}

type Koffi = {
  /** @param path - null: this program and all that it has loaded */
  readonly load: (path: null) => { readonly func: (prototype: string) => never }
}

const CLOSE_ON_EXEC = 0o2000000

/** @returns false: there are no more descriptors */
export function openPipe(c: CLibrary, ends: Int32Array): boolean {
  return c.pipe(ends, CLOSE_ON_EXEC) === 0
}

let loaded: { readonly c: CLibrary | undefined } | undefined

/** @returns undefined where it cannot be called: no Linux, or no build of koffi for it */
export function cLibrary(): CLibrary | undefined {
  loaded ??= { c: load() }
  return loaded.c
}

/** @returns undefined where it cannot be called, or this C library has none of that name */
export function cFunction(prototype: string): ((...values: readonly number[]) => number) | undefined {
  try {
    return koffi()?.load(null).func(prototype)
  } catch {
    return undefined
  }
}

function load(): CLibrary | undefined {
  const library = koffi()?.load(null)
  if (library === undefined) return undefined
  const actions = 'posix_spawn_file_actions'
  const attributes = 'posix_spawnattr'
  return {
    pipe: library.func('int pipe2(void *ends, int flags)'),
    close: library.func('int close(int descriptor)'),
    poll: library.func('int poll(void *set, unsigned long count, int patience)'),
    wait: library.func('int waitpid(int pid, void *status, int options)'),
    yield: library.func('int sched_yield()'),
    initActions: library.func(`int ${actions}_init(void *actions)`),
    addDuplicate: library.func(`int ${actions}_adddup2(void *actions, int descriptor, int as)`),
    freeActions: library.func(`int ${actions}_destroy(void *actions)`),
    initAttributes: library.func(`int ${attributes}_init(void *attributes)`),
    setFlags: library.func(`int ${attributes}_setflags(void *attributes, short flags)`),
    setDefaultSignals: library.func(`int ${attributes}_setsigdefault(void *attributes, void *signals)`),
    setBlockedSignals: library.func(`int ${attributes}_setsigmask(void *attributes, void *signals)`),
    spawn: library.func(
      'int posix_spawn(void *pid, const char *file, void *actions, void *attributes, const char **argv, const char **env)',
    ),
  }
}

/** The build itself: what koffi puts around it takes five times as long to load, and looks for all its platforms. */
function koffi(): Koffi | undefined {
  if (process.platform !== 'linux') return undefined
  const require = createRequire(import.meta.url)
  for (const system of ['linux', 'musl']) {
    try {
      return require(`@koromix/koffi-linux-${process.arch}/${system}_${process.arch}/koffi.node`)
    } catch {
      // For another C library, or none for this processor.
    }
  }
  return undefined
}
