import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

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
  const shell = spawn('/bin/sh', ['-c', script, 'aftershock-keeper', ...recover], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without it the run is as safe as before: the next command ends it.
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  return () => {
    shell.stdin.end('done\n')
  }
}
