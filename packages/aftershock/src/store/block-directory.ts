import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ProblemError } from '../model/problem.ts'
import { isRunning } from './is-running.ts'

const OWNER = 'owner.pid'

/**
 * Takes a directory where blocks wait for a store elsewhere, and clears it of blocks of a process that was
 * killed. One process at a time: it would take the other one's blocks for leftovers.
 *
 * @returns gives it back
 * @throws ProblemError (exit code 4) when another process has it
 */
export async function takeBlockDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true })
  const file = join(directory, OWNER)
  const pid = Number(await readFile(file, 'utf8').catch(() => '0'))
  if (pid !== process.pid && isRunning(pid))
    throw new ProblemError(
      [
        {
          code: 'store-in-use',
          what: `Cannot keep waiting spans in ${directory}`,
          why: `one process may use it at a time: process ${pid} does`,
          fix: `Stop the other \`aftershock serve\`, or give this one another --data directory; if process ${pid} is something else, remove ${OWNER} there`,
        },
      ],
      4,
    )
  await writeFile(file, String(process.pid))
  await clearBlocks(directory)
  return () => rm(file, { force: true })
}

/** Removes blocks of a killed process: their senders were not told that they are kept, or a journal brings them again. */
export async function clearBlocks(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/\.native(\.unfinished)?$/.test(name)) await rm(join(directory, name), { force: true })
  }
}
