import type { Case } from './cases.ts'
import { differences } from './compare.ts'
import { type Runner, runCase } from './run-case.ts'
import type { System } from './system.ts'

const PAIRS_AT_MOST = 3

export type CompareOptions = {
  /** A folder whose files each case finds beside its own. */
  readonly support?: string
  readonly lanes: number
  /** What it was asked is compared as well; one lane then. */
  readonly system?: System
  /** `details`: also what both said where they differ. */
  readonly shows: 'all' | 'failures' | 'details'
}

/** Runs cases through both. @returns how many differ */
export async function compareAll(
  reference: Runner,
  ours: Runner,
  cases: readonly Case[],
  { support, lanes, system, shows }: CompareOptions,
): Promise<number> {
  const waiting = [...cases]
  const total = waiting.length
  let failed = 0
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const shown: string[] = []
      const found = await repeatedDifferences(one.name, async () => {
        const theirs = await runCase(reference, one, support)
        const asked = system?.takeRequests()
        const own = await runCase(ours, one, support)
        shown.push(theirs.stderr, '--', own.stderr)
        return [...differences(one, theirs, own), ...differentRequests(asked, system?.takeRequests())]
      })
      if (found.length > 0) failed += 1
      if (found.length > 0 || shows === 'all') report(one.name, found)
      if (found.length > 0 && shows === 'details') console.log(shown.join('\n'))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  console.log(`${total - failed} of ${total} as the reference`)
  return failed
}

/**
 * Threads of the reference race, and a machine may stand still: what differs is run again by both, and told.
 * @returns the differences that stay
 */
export async function repeatedDifferences(
  name: string,
  runPair: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  let found = await runPair()
  for (let pair = 2; pair <= PAIRS_AT_MOST && found.length > 0; pair++) {
    const before = found
    found = await runPair()
    if (found.length === 0) console.log(`once ${name}, not when run again\n       ${before[0]}`)
  }
  return found
}

function differentRequests(
  want: readonly string[] | undefined,
  got: readonly string[] | undefined,
): readonly string[] {
  const [wanted = [], asked = []] = [want, got].map((one) => one?.map(withoutIds).join('\n').split('\n'))
  const at = Array.from({ length: Math.max(wanted.length, asked.length) }).findIndex(
    (_, i) => wanted[i] !== asked[i],
  )
  if (at === -1) return []
  return [`what the system was asked: want ${wanted[at] ?? 'no more'}, got ${asked[at] ?? 'nothing'}`]
}

/** A control that pushes metrics gives each run an id of its own, and measures how long it took. */
function withoutIds(request: string): string {
  return request
    .replaceAll(/\b[0-9a-f]{32}\b/g, '…')
    .replaceAll(/^\S*_duration\S*(_bucket|_created|_sum|_duration)\{.*$/gm, '…')
    .replaceAll(/^(\S*_duration\{.*\}) .*$/gm, '$1 …')
}

export function report(name: string, problems: readonly string[]): void {
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  for (const problem of problems.slice(0, 5)) console.log(`       ${problem}`)
}
