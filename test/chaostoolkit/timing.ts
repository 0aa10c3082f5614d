import type { Case } from './cases.ts'
import { type Runner, runCase } from './run-case.ts'

export type Timing = { readonly what: string; readonly referenceMs: number; readonly oursMs: number }

const ROUNDS = 7
const ACTIVITIES = 100

/** Both runners in turn, so that a busy moment of the machine hits both; medians. */
export async function timings(reference: Runner, ours: Runner, url: string): Promise<readonly Timing[]> {
  const empty = await pairOf(reference, ours, [])
  const many = async (what: string, provider: object): Promise<Timing> => {
    const pair = await pairOf(
      reference,
      ours,
      Array.from({ length: ACTIVITIES }, (_, i) => activity(i, provider)),
    )
    return {
      what,
      referenceMs: (pair.referenceMs - empty.referenceMs) / ACTIVITIES,
      oursMs: (pair.oursMs - empty.oursMs) / ACTIVITIES,
    }
  }
  return [
    { what: 'empty experiment, from start to exit', ...empty },
    await many('each process activity', { type: 'process', path: 'true' }),
    await many('each http activity', { type: 'http', url: `${url}/plain` }),
    await many('each python activity', {
      type: 'python',
      module: 'os.path',
      func: 'basename',
      arguments: { p: '/a/b' },
    }),
  ]
}

async function pairOf(
  reference: Runner,
  ours: Runner,
  method: readonly object[],
): Promise<{ readonly referenceMs: number; readonly oursMs: number }> {
  const one: Case = {
    name: 'timing',
    argv: ['--no-version-check', 'run', 'e.json'],
    source: { name: 'e.json', text: JSON.stringify({ title: 't', description: 'd', method }) },
    files: {},
    env: {},
    isTimed: true,
  }
  const times: { readonly referenceMs: number; readonly oursMs: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const [theirs, own] = [await runCase(reference, one, undefined), await runCase(ours, one, undefined)]
    if (theirs.exitCode !== 0 || own.exitCode !== 0)
      throw new Error(
        `a timed run failed: ${theirs.exitCode} ${own.exitCode}\n${theirs.stderr}\n${own.stderr}`,
      )
    times.push({ referenceMs: theirs.wallMs, oursMs: own.wallMs })
  }
  return {
    referenceMs: median(times.map((time) => time.referenceMs)),
    oursMs: median(times.map((time) => time.oursMs)),
  }
}

function activity(index: number, provider: object): object {
  return { type: 'action', name: `a${index}`, provider }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
