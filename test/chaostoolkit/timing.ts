import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Runner } from './run-case.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Milliseconds: what the clock said, and what all processes of the run used of the processors. */
export type Cost = { readonly wallMs: number; readonly cpuMs: number | undefined }
export type Timing = {
  readonly what: string
  readonly reference: Cost
  readonly ours: Cost
  /** How many times faster we are to be; undefined where it is only told. */
  readonly ratioMin: number | undefined
}

/** In CI the times are told, not judged. */
const ROUNDS = process.env.CI === undefined ? 8 : 3
/** However many an experiment has: with few, what is paid once (an interpreter, a library, a keeper) counts most. */
const COUNTS = [20, 50, 320]
const MANY = 320
/** By the journal: with what is paid once, and without. */
const FIRST = 50
const WARM = 20

type Run = Cost & {
  /** By the journal, when each activity began, ms. */
  readonly startsMs: readonly number[]
}
type Runs = { readonly reference: readonly Run[]; readonly ours: readonly Run[] }

/** Both runners in turn, so that a busy moment of the machine hits both; the least of some rounds. */
export async function timings(
  runners: { readonly reference: Runner; readonly ours: Runner },
  python: string,
  url: string,
): Promise<readonly Timing[]> {
  const runsOf = async (method: readonly object[]): Promise<Runs> => {
    const reference: Run[] = []
    const ours: Run[] = []
    for (let round = 0; round < ROUNDS; round++) {
      reference.push(await timedRun(runners.reference, python, method))
      ours.push(await timedRun(runners.ours, python, method))
    }
    return { reference, ours }
  }
  const empty = both(await runsOf([]), (run) => run)
  const counted = async (kind: string, provider: object, count: number, ratioMin?: number) => {
    const names = Array.from({ length: count }, (_, i) => `a${i}`)
    const runs = await runsOf(names.map((name) => ({ type: 'action', name, provider })))
    const each: Timing = {
      what: `each of ${count} ${kind} activities`,
      ...costOfEach(
        both(runs, (run) => run),
        empty,
        count,
      ),
      ratioMin: count === MANY ? ratioMin : undefined,
    }
    if (count !== MANY) return [each]
    const journal = both(runs, (run) => eachOf(run, WARM, count))
    const first = both(runs, (run) => eachOf(run, 0, FIRST))
    return [
      each,
      { what: `  start to start, from the ${WARM}th on`, ...journal, ratioMin },
      { what: `  of the first ${FIRST}`, ...first, ratioMin: undefined },
    ]
  }
  const each = async (kind: string, provider: object, ratioMin?: number): Promise<readonly Timing[]> => {
    const rows: Timing[] = []
    for (const count of COUNTS) rows.push(...(await counted(kind, provider, count, ratioMin)))
    return rows
  }
  const basename = { type: 'python', module: 'os.path', func: 'basename', arguments: { p: '/a/b' } }
  const shell = { type: 'process', path: 'sh', arguments: ['-c', 'echo hello'] }
  return [
    { what: 'empty experiment, start to exit', ...empty, ratioMin: 2 },
    ...(await each('true', { type: 'process', path: 'true' }, 1)),
    ...(await each('echo', { type: 'process', path: 'echo', arguments: ['hello'] }, 1)),
    ...(await each('sh -c', shell, 1)),
    ...(await each('http', { type: 'http', url: `${url}/plain` }, 1)),
    ...(await each('python', basename)),
  ]
}

/** What a run with them costs more than one without: reading, checking and journal as well. */
function costOfEach(many: Pick<Timing, 'reference' | 'ours'>, none: typeof many, count: number): typeof many {
  const each = (more: Cost, less: Cost): Cost => ({
    wallMs: (more.wallMs - less.wallMs) / count,
    cpuMs: ((more.cpuMs ?? 0) - (less.cpuMs ?? 0)) / count,
  })
  return { reference: each(many.reference, none.reference), ours: each(many.ours, none.ours) }
}

function both(runs: Runs, costOf: (run: Run) => Cost): Pick<Timing, 'reference' | 'ours'> {
  return { reference: leastOf(runs.reference.map(costOf)), ours: leastOf(runs.ours.map(costOf)) }
}

/** From the beginning of one activity to that of the next, the median: no busy moment of the machine blurs it. */
function eachOf({ startsMs }: Run, from: number, to: number): Cost {
  const starts = startsMs.slice(from, to)
  const intervals = starts.slice(1).map((startMs, i) => startMs - starts[i])
  return { wallMs: intervals.toSorted((a, b) => a - b)[intervals.length >> 1], cpuMs: undefined }
}

/** Only the parent of a process learns what it and its children used; Node does not tell, Python does. */
const MEASURE = `
import resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, (time.monotonic() - begin) * 1000, (used.ru_utime + used.ru_stime) * 1000)
`

async function timedRun(runner: Runner, python: string, method: readonly object[]): Promise<Run> {
  const folder = temporaryFolder('aftershock-timing-')
  try {
    writeFileSync(join(folder, 'e.json'), JSON.stringify({ title: 't', description: 'd', method }))
    const command = [...runner.command, '--no-version-check', 'run', 'e.json']
    const env = { ...process.env, ...runner.env, HOME: folder }
    const { stdout } = await promisify(execFile)(python, ['-c', MEASURE, ...command], { cwd: folder, env })
    const [code, wallMs = Number.NaN, cpuMs = Number.NaN] = stdout.trim().split(' ').map(Number)
    if (code !== 0) throw new Error(`a timed run of ${runner.name} must end with 0: it ended with ${code}`)
    const { run } = JSON.parse(readFileSync(join(folder, 'journal.json'), 'utf8'))
    return { wallMs, cpuMs, startsMs: run.map(startMsOf) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Journals tell microseconds; `Date` knows milliseconds. The reference leaves the fraction out where it is 0. */
function startMsOf({ start }: { readonly start: string }): number {
  const micros = /\.(\d{6})/.exec(start)?.[1] ?? '0'
  return Date.parse(start.replace(/\.\d+/, '')) + Number(micros) / 1_000
}

function leastOf(costs: readonly Cost[]): Cost {
  const cpu = costs.flatMap(({ cpuMs }) => (cpuMs === undefined ? [] : [cpuMs]))
  return {
    wallMs: Math.min(...costs.map((cost) => cost.wallMs)),
    cpuMs: cpu.length === 0 ? undefined : Math.min(...cpu),
  }
}
