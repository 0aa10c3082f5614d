import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cLibrary, openPipe } from '../../engine/chaos-toolkit/c-library.ts'
import { posixSpawn } from '../../engine/chaos-toolkit/posix-spawn.ts'
import { seenEnvironment } from '../../engine/chaos-toolkit/seen-environment.ts'

/**
 * Waits beside the run for its death: a shell that reads from a pipe whose other end only we hold. Told "done" it
 * leaves; when the pipe ends without it, it becomes `aftershock chaos recover`. In a session of its own, so that
 * what kills our process group does not reach it.
 *
 * @param options - before the command: settings, log file …
 * @returns to be called when there is nothing left to take over
 */
export function startRunKeeper(journalPath: string, options: readonly string[]): () => void {
  if (process.platform === 'win32') return () => {}
  const program = fileURLToPath(new URL('../../../bin/aftershock.js', import.meta.url))
  const recover = [process.execPath, program, 'chaos', ...options, 'recover', journalPath]
  const script = 'read -r word; test "$word" = done || exec "$@" < /dev/null'
  const args = ['-c', script, 'aftershock-keeper', ...recover]
  return startQuickly(args) ?? startByNode(args)
}

const SHELL = '/bin/sh'
const DONE = 'done\n'

/** @returns undefined where Node has to start it; it is then the one copy of our page tables that a run makes */
function startQuickly(args: readonly string[]): (() => void) | undefined {
  const c = cLibrary()
  const ends = new Int32Array(2)
  if (c === undefined || !openPipe(c, ends)) return undefined
  const [stdin = -1, ours = -1] = ends
  const pid = withoutOutput((nowhere) =>
    posixSpawn(
      c,
      'its own',
    )({
      file: SHELL,
      args,
      env: seenEnvironment()({}),
      descriptors: [stdin, nowhere, nowhere],
    }),
  )
  closeSync(stdin)
  if (pid !== undefined) return () => tell(ours)
  closeSync(ours)
  return undefined
}

function withoutOutput(start: (nowhere: number) => number | undefined): number | undefined {
  let nowhere: number | undefined
  try {
    nowhere = openSync('/dev/null', 'w')
    return start(nowhere)
  } catch {
    return undefined
  } finally {
    if (nowhere !== undefined) closeSync(nowhere)
  }
}

/** It ends by itself; so do we. */
function tell(pipe: number): void {
  try {
    writeSync(pipe, DONE)
  } catch {
    // It is gone: then nobody takes anything over.
  }
  closeSync(pipe)
}

function startByNode(args: readonly string[]): () => void {
  const shell = spawn(SHELL, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  // Without it the run is as safe as before: the next command ends it.
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  return () => {
    shell.stdin.end(DONE)
  }
}
