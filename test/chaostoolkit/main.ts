// npm run test:chaostoolkit: the real Chaos Toolkit and ours, on the same experiments, in the same run.
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { bridgeProblems } from './bridge.ts'
import { type Case, corpusCases, extensionCases } from './cases.ts'
import { collectorTable } from './collectors.ts'
import { differences } from './compare.ts'
import { prepareEnvironment } from './environment.ts'
import { type Runner, runCase, runners } from './run-case.ts'
import { type System, startSystem } from './system.ts'
import { type Timing, timings } from './timing.ts'
import { compareTraces } from './traces.ts'

const only = process.argv[2]
const REFERENCE_AGAIN = 2

async function main(): Promise<number> {
  const environment = await prepareEnvironment(resolve(import.meta.dirname, '../../.venv/chaostoolkit'))
  if (typeof environment === 'string') {
    console.log(`SKIPPED: the comparison with the Chaos Toolkit: ${environment}`)
    return 0
  }
  console.log(environment.versions.join('  '))
  const { reference, ours } = runners(environment)
  const traces = only === undefined || only === 'traces' ? await compareTraces(reference, ours) : undefined
  if (traces !== undefined) console.log(traces.table)
  if (traces !== undefined) report('traces of one experiment: all that the extension has', traces.problems)
  if (only === 'traces') {
    console.log(await collectorTable(reference, ours))
    return traces?.problems.length === 0 ? 0 : 1
  }
  await using system = await startSystem()
  const bridge = only === undefined ? await bridgeProblems(environment.python) : []
  report('traces inside Python', bridge)
  const extensions = await compareAll(reference, ours, extensionCases(system), undefined, 1, system)
  const corpus = await compareCorpus(reference, ours)
  const slow =
    only === undefined ? printTimings(await timings({ reference, ours }, environment.python, system.url)) : 0
  const failed =
    ((traces?.problems.length ?? 0) > 0 ? 1 : 0) + (bridge.length > 0 ? 1 : 0) + extensions + corpus + slow
  console.log(failed === 0 ? 'all as the reference' : `${failed} differ`)
  return failed === 0 ? 0 : 1
}

async function compareCorpus(reference: Runner, ours: Runner): Promise<number> {
  const corpus = corpusCases()
  if (corpus === undefined) {
    console.log('SKIPPED: the recorded experiments: there is no ../shared beside this repository')
    return 0
  }
  const stub = spawn(process.execPath, [corpus.stub], { stdio: 'ignore' })
  try {
    await new Promise((done) => setTimeout(done, 500))
    return await compareAll(reference, ours, corpus.cases, corpus.support, 2, undefined)
  } finally {
    stub.kill()
  }
}

/** @returns how many differ. `system`: what it was asked is compared as well */
async function compareAll(
  reference: Runner,
  ours: Runner,
  cases: readonly Case[],
  support: string | undefined,
  lanes: number,
  system: System | undefined,
): Promise<number> {
  const waiting = cases.filter((one) => only === undefined || one.name.includes(only))
  const total = waiting.length
  let failed = 0
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const theirs = await runCase(reference, one, support)
      const asked = system?.takeRequests()
      const own = await runCase(ours, one, support)
      const askedByUs = system?.takeRequests()
      let found = [...differences(one, theirs, own), ...differentRequests(asked, askedByUs)]
      // Threads of the reference race: ours is right when it is what the reference does on any of its runs.
      for (let again = 0; again < REFERENCE_AGAIN && found.length > 0; again++) {
        const another = await runCase(reference, one, support)
        found = [...differences(one, another, own), ...differentRequests(system?.takeRequests(), askedByUs)]
      }
      if (found.length > 0) failed += 1
      if (found.length > 0 || system !== undefined) report(one.name, found)
      if (found.length > 0 && only !== undefined) console.log(`${theirs.stderr}\n--\n${own.stderr}`)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  console.log(`${total - failed} of ${total} as the reference`)
  return failed
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

function report(name: string, problems: readonly string[]): void {
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  for (const problem of problems.slice(0, 5)) console.log(`       ${problem}`)
}

/**
 * @returns how many goals were missed: start-up at least twice as fast, http and process activities faster. In CI, where
 * strangers share the machine, they are told, not judged
 */
function printTimings(all: readonly Timing[]): number {
  let missed = 0
  console.log(
    `${''.padEnd(34)}${'chaos: time, processor'.padStart(24)}${'aftershock chaos'.padStart(24)}   ratio`,
  )
  all.forEach(({ what, reference, ours }, i) => {
    const ratio = reference.wallMs / ours.wallMs
    // A busy machine may make many activities look cheaper than none.
    const isNoise = reference.wallMs <= 0 || ours.wallMs <= 0
    const isMissed = i < 3 && !isNoise && ratio < (i === 0 ? 2 : 1)
    if (isMissed) missed += 1
    const costs = [reference, ours].map(({ wallMs, cpuMs }) =>
      `${wallMs.toFixed(2)} ms, ${cpuMs.toFixed(2)} ms`.padStart(24),
    )
    console.log(
      `${what.padEnd(34)}${costs.join('')}${ratio.toFixed(1).padStart(8)}${isMissed ? '  MISSED' : isNoise ? '  the machine is too busy to tell' : ''}`,
    )
  })
  return process.env.CI === undefined ? missed : 0
}

process.exitCode = await main()
