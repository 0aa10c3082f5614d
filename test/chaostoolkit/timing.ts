import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Runner } from './run-case.ts'

/** Milliseconds: what the clock said, and what all processes of the run used of the processors. */
export type Cost = { readonly wallMs: number; readonly cpuMs: number }
export type Timing = {
  readonly what: string
  readonly reference: Cost
  readonly ours: Cost
  /** How many times faster we are to be; undefined where it is only told. */
  readonly ratioMin: number | undefined
}

const ROUNDS = 8
const ACTIVITIES = 300
/** What a run pays once (an interpreter, a launcher, a keeper) is in both runs that are subtracted. */
const FEW = 20
/** The other way of counting: against the empty run, so that what is paid once is in it. As unsure as two starts are. */
const SOME = 50

/** Both runners in turn, so that a busy moment of the machine hits both; the least of some rounds. */
export async function timings(
  runners: { readonly reference: Runner; readonly ours: Runner },
  python: string,
  url: string,
): Promise<readonly Timing[]> {
  const pairOf = async (method: readonly object[]) => {
    const rounds: { readonly reference: Cost; readonly ours: Cost }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const reference = await costOf(runners.reference, python, method)
      rounds.push({ reference, ours: await costOf(runners.ours, python, method) })
    }
    return {
      reference: leastOf(rounds.map((one) => one.reference)),
      ours: leastOf(rounds.map((one) => one.ours)),
    }
  }
  const empty = await pairOf([])
  const each = async (kind: string, provider: object, ratioMin?: number): Promise<readonly Timing[]> => {
    const methodOf = (activities: number): readonly object[] =>
      Array.from({ length: activities }, (_, i) => ({ type: 'action', name: `a${i}`, provider }))
    const few = await pairOf(methodOf(FEW))
    const some = await pairOf(methodOf(SOME))
    const many = await pairOf(methodOf(FEW + ACTIVITIES))
    const between = (more: typeof few, less: typeof few, activities: number) => ({
      reference: perActivity(more.reference, less.reference, activities),
      ours: perActivity(more.ours, less.ours, activities),
    })
    return [
      { what: `each ${kind} activity`, ...between(many, few, ACTIVITIES), ratioMin },
      { what: `  of ${SOME}, with what is paid once`, ...between(some, empty, SOME), ratioMin: undefined },
    ]
  }
  const basename = { type: 'python', module: 'os.path', func: 'basename', arguments: { p: '/a/b' } }
  return [
    { what: 'empty experiment, start to exit', ...empty, ratioMin: 2 },
    ...(await each('process', { type: 'process', path: 'true' }, 1)),
    ...(await each('http', { type: 'http', url: `${url}/plain` }, 1)),
    ...(await each('python', basename)),
  ]
}

/** Only the parent of a process learns what it and its children used; Node does not tell, Python does. */
const MEASURE = `
import resource, subprocess, sys, time
begin = time.monotonic()
code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, (time.monotonic() - begin) * 1000, (used.ru_utime + used.ru_stime) * 1000)
`

async function costOf(runner: Runner, python: string, method: readonly object[]): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-timing-'))
  try {
    writeFileSync(join(folder, 'e.json'), JSON.stringify({ title: 't', description: 'd', method }))
    const command = [...runner.command, '--no-version-check', 'run', 'e.json']
    const env = { ...process.env, ...runner.env, HOME: folder }
    const { stdout } = await promisify(execFile)(python, ['-c', MEASURE, ...command], { cwd: folder, env })
    const [code, wallMs = Number.NaN, cpuMs = Number.NaN] = stdout.trim().split(' ').map(Number)
    if (code !== 0) throw new Error(`a timed run of ${runner.name} must end with 0: it ended with ${code}`)
    return { wallMs, cpuMs }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function leastOf(costs: readonly Cost[]): Cost {
  return {
    wallMs: Math.min(...costs.map((cost) => cost.wallMs)),
    cpuMs: Math.min(...costs.map((cost) => cost.cpuMs)),
  }
}

function perActivity(more: Cost, less: Cost, activities: number): Cost {
  return {
    wallMs: (more.wallMs - less.wallMs) / activities,
    cpuMs: (more.cpuMs - less.cpuMs) / activities,
  }
}
