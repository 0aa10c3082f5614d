// npm run test:chaostoolkit: the real Chaos Toolkit and ours, on the same experiments, in the same run.
// With a word after it: cases whose name has it; `commands`; `traces`; `random --seed N --count M`.
import { join, resolve } from 'node:path'
import { bridgeProblems } from './bridge.ts'
import { type Case, corpusCases, extensionCases, reportingCases } from './cases.ts'
import { collectorTable } from './collectors.ts'
import { COMMAND_CASES } from './commands/command-cases.ts'
import { compareCommands } from './commands/compare-commands.ts'
import { compareAll, report } from './compare-all.ts'
import { PACKAGES, prepareEnvironment } from './environment.ts'
import { compareRandom } from './random/main.ts'
import { type Runner, runners } from './run-case.ts'
import { startStub } from './stub.ts'
import { startSystem } from './system.ts'
import { type Timing, timings } from './timing.ts'
import { compareTraces } from './traces.ts'

const only = process.argv[2]
const venvs = resolve(import.meta.dirname, '../../.venv')

async function main(): Promise<number> {
  const environment = await prepareEnvironment(join(venvs, 'chaostoolkit'), PACKAGES.usual)
  if (typeof environment === 'string') return skipped(environment)
  const reporting = await prepareEnvironment(join(venvs, 'chaostoolkit-reporting'), PACKAGES.reporting)
  if (typeof reporting === 'string') return skipped(reporting)
  console.log([...new Set([...environment.versions, ...reporting.versions])].join('  '))
  if (only === 'random') return (await compareRandom(environment, process.argv.slice(3))) === 0 ? 0 : 1
  const { reference, ours } = runners(environment)
  const commands =
    only === undefined || only === 'commands'
      ? await compareCommands(reference, ours, COMMAND_CASES, 'failures')
      : 0
  if (only === 'commands') return commands === 0 ? 0 : 1
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
  const alone = { lanes: 1, system, shows: only === undefined ? 'all' : 'details' } as const
  const withReporting = runners(reporting)
  const extensions =
    (await compareAll(reference, ours, chosen(extensionCases(system)), alone)) +
    (await compareAll(withReporting.reference, withReporting.ours, chosen(reportingCases()), alone))
  const corpus = await compareCorpus(reference, ours)
  const slow =
    only === undefined ? printTimings(await timings({ reference, ours }, environment.python, system.url)) : 0
  const failed =
    ((traces?.problems.length ?? 0) > 0 ? 1 : 0) +
    (bridge.length > 0 ? 1 : 0) +
    commands +
    extensions +
    corpus +
    slow
  console.log(failed === 0 ? 'all as the reference' : `${failed} differ`)
  return failed === 0 ? 0 : 1
}

function skipped(why: string): number {
  console.log(`SKIPPED: the comparison with the Chaos Toolkit: ${why}`)
  return 0
}

function chosen(cases: readonly Case[]): readonly Case[] {
  return cases.filter((one) => only === undefined || one.name.includes(only))
}

async function compareCorpus(reference: Runner, ours: Runner): Promise<number> {
  const corpus = corpusCases()
  if (corpus === undefined) {
    console.log('SKIPPED: the recorded experiments: there is no ../shared beside this repository')
    return 0
  }
  await using _stub = await startStub(corpus.stub)
  return await compareAll(reference, ours, chosen(corpus.cases), {
    support: corpus.support,
    lanes: 2,
    shows: only === undefined ? 'failures' : 'details',
  })
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
  for (const { what, reference, ours, ratioMin } of all) {
    const ratio = reference.wallMs / ours.wallMs
    const isMissed = ratioMin !== undefined && ratio < ratioMin
    if (isMissed) missed += 1
    const costs = [reference, ours].map(({ wallMs, cpuMs }) =>
      `${wallMs.toFixed(2)} ms${cpuMs === undefined ? '' : `, ${cpuMs.toFixed(2)} ms`}`.padStart(24),
    )
    console.log(
      `${what.padEnd(34)}${costs.join('')}${ratio.toFixed(1).padStart(8)}${isMissed ? '  MISSED' : ''}`,
    )
  }
  return process.env.CI === undefined ? missed : 0
}

process.exitCode = await main()
