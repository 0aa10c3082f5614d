import { repeatedDifferences, report } from '../compare-all.ts'
import type { Runner } from '../run-case.ts'
import type { CommandCase } from './command-case.ts'
import { type CommandOutcome, runCommand } from './run-command.ts'

/** Runs commands through both. @returns how many differ */
export async function compareCommands(
  reference: Runner,
  ours: Runner,
  cases: readonly CommandCase[],
  shows: 'failures' | 'details',
): Promise<number> {
  const waiting = [...cases]
  let failed = 0
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const shown: string[] = []
      const found = await repeatedDifferences(one.name, async () => {
        const theirs = await runCommand(reference, one)
        const own = await runCommand(ours, one)
        shown.push(told(theirs), '--', told(own))
        return commandDifferences(one, theirs, own)
      })
      if (found.length > 0) failed += 1
      if (found.length > 0 || shows === 'details') report(one.name, found)
      if (shows === 'details') console.log(shown.join('\n'))
    }
  }
  await Promise.all([lane(), lane()])
  const same = cases.length - failed
  console.log(`${same} of ${cases.length} commands as the reference`)
  return failed
}

function told({ exitCode, stdout, stderr, files }: CommandOutcome): string {
  return `exit ${exitCode}, files ${Object.keys(files).join(' ')}\n${stdout}${stderr}`
}

export function commandDifferences(
  one: CommandCase,
  theirs: CommandOutcome,
  own: CommandOutcome,
): readonly string[] {
  const found: string[] = []
  if (one.better !== undefined) return ownTroubles(own)
  if (own.exitCode !== theirs.exitCode) found.push(`exit code: want ${theirs.exitCode}, got ${own.exitCode}`)
  if (one.stdout === 'same' && own.stdout !== theirs.stdout)
    found.push(`stdout: want ${JSON.stringify(theirs.stdout)}, got ${JSON.stringify(own.stdout)}`)
  found.push(...ownTroubles(own))
  const names = new Set([...Object.keys(theirs.files), ...Object.keys(own.files)])
  for (const name of names) {
    const [want, got] = [theirs.files[name], own.files[name]]
    if (want === undefined || got === undefined)
      found.push(`${name}: ${want === undefined ? 'only we write it' : 'we do not write it'}`)
    else if (one.ownWords?.includes(name) !== true && comparable(name, got) !== comparable(name, want))
      found.push(`${name}: want ${comparable(name, want)}, got ${comparable(name, got)}`)
  }
  return found
}

function ownTroubles({ exitCode, stdout, stderr }: CommandOutcome): readonly string[] {
  const found: string[] = []
  if (exitCode === null || exitCode > 2) found.push(`exit code ${exitCode}`)
  if (/Traceback|^\s+at .*:\d+:\d+\)?$/m.test(stderr)) found.push('a stack trace')
  if (exitCode !== 0 && `${stdout}${stderr}`.trim() === '') found.push('it failed without a word')
  return found
}

/** Without what differs by runner, by run and by machine. */
function comparable(name: string, text: string): string {
  return name.endsWith('discovery.json')
    ? text.replaceAll(/"(chaoslib_version|id|date)": "[^"]*"/g, '"$1": "…"')
    : text
}
