import type { Problem } from '../model/problem.ts'

/** What the system refuses to do with a file or folder, and what a person can do about it. */
const REFUSALS: Readonly<Record<string, { readonly why: string; readonly fix: string }>> = {
  EACCES: { why: 'it must be writable by this user: permission is denied', fix: 'chmod or chown it' },
  EPERM: { why: 'it must be writable by this user: the system does not permit it', fix: 'chmod or chown it' },
  EROFS: {
    why: 'it must be on a disk that can be written: this one is read-only',
    fix: 'use --cwd elsewhere',
  },
  EEXIST: { why: 'it must be a folder, or not be there: a file has that name', fix: 'move the file away' },
  ENOTDIR: { why: 'each part of its path must be a folder: one is a file', fix: 'move the file away' },
  EISDIR: { why: 'it must be a file: there is a folder of that name', fix: 'name a file' },
  ENOSPC: { why: 'there must be room on the disk: it is full', fix: 'make room, then run it again' },
  EDQUOT: { why: 'there must be room within the quota: it is used up', fix: 'make room, then run it again' },
  EFBIG: {
    why: 'it must be no longer than files may be here: the limit is reached',
    fix: 'raise it: ulimit -f unlimited',
  },
  EMFILE: { why: 'files must be left to open: the limit is reached', fix: 'raise it: ulimit -n 4096' },
}

/** Of a file that is open, whose name the system does not tell. */
const WITHOUT_PATH: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** @returns undefined when the error is not the system's answer about a file: then it is a bug of ours */
export function systemProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, path, syscall } = error as NodeJS.ErrnoException
  const refusal = code === undefined ? undefined : REFUSALS[code]
  // Of sockets and processes there is no path; what they say is told where they are used.
  if (refusal === undefined || (path === undefined && !WITHOUT_PATH.has(code ?? ''))) return undefined
  return {
    code: `file-${code?.toLowerCase()}`,
    what: `Cannot ${syscall === 'open' || syscall === undefined ? 'write' : syscall} ${path ?? 'a file'}`,
    ...(path !== undefined && { where: { file: path } }),
    ...refusal,
  }
}
