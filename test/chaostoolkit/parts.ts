import { bridgeProblems } from './bridge.ts'
import { type Case, corpusCases, extensionCases, reportingCases } from './cases.ts'
import { collectorTable } from './collectors.ts'
import { COMMAND_CASES } from './commands/command-cases.ts'
import { compareCommands } from './commands/compare-commands.ts'
import { type CompareOptions, compareAll, report } from './compare-all.ts'
import type { Environment } from './environment.ts'
import { runners } from './run-case.ts'
import { startStub } from './stub.ts'
import { startSystem } from './system.ts'
import { timings } from './timing.ts'
import { printTimings } from './timing-table.ts'
import { compareTraces } from './traces.ts'

export type Environments = { readonly usual: Environment; readonly reporting: Environment }

/** @returns how many differ */
export type Part = (environments: Environments) => Promise<number>

type Chosen = { readonly isChosen: (one: Case) => boolean; readonly shows: CompareOptions['shows'] }

/** Everything, in this order, each by its name. */
export const PARTS: Readonly<Record<string, Part>> = {
  commands: ({ usual }) => {
    const { reference, ours } = runners(usual)
    return compareCommands(reference, ours, COMMAND_CASES, 'failures')
  },
  traces: async ({ usual }) => {
    const { reference, ours } = runners(usual)
    const { table, problems } = await compareTraces(reference, ours)
    console.log(table)
    report('traces of one experiment: all that the extension has', problems)
    return problems.length > 0 ? 1 : 0
  },
  bridge: async ({ usual }) => {
    const problems = await bridgeProblems(usual.python)
    report('traces inside Python', problems)
    return problems.length > 0 ? 1 : 0
  },
  extensions: (environments) => compareExtensions(environments, { isChosen: () => true, shows: 'all' }),
  corpus: (environments) => compareCorpus(environments, { isChosen: () => true, shows: 'failures' }),
  timings: async ({ usual }) => {
    await using system = await startSystem()
    return printTimings(await timings(runners(usual), usual.python, system.url))
  },
}

/** What is asked for by hand only. */
export const BY_HAND: Readonly<Record<string, Part>> = {
  collectors: async ({ usual }) => {
    const { reference, ours } = runners(usual)
    console.log(await collectorTable(reference, ours))
    return 0
  },
}

/** Experiments of which a word is in the name, with what both said where they differ. */
export function namedCases(word: string): Part {
  const some: Chosen = { isChosen: (one) => one.name.includes(word), shows: 'details' }
  return async (environments) =>
    (await compareExtensions(environments, some)) + (await compareCorpus(environments, some))
}

/** What the services they talk to were asked is compared as well: one at a time. */
async function compareExtensions({ usual, reporting }: Environments, chosen: Chosen): Promise<number> {
  await using system = await startSystem()
  const compared = async (environment: Environment, cases: readonly Case[]): Promise<number> => {
    const { reference, ours } = runners(environment)
    const some = cases.filter(chosen.isChosen)
    return await compareAll(reference, ours, some, { lanes: 1, system, shows: chosen.shows })
  }
  return (await compared(usual, extensionCases(system))) + (await compared(reporting, reportingCases()))
}

async function compareCorpus({ usual }: Environments, { isChosen, shows }: Chosen): Promise<number> {
  const corpus = corpusCases()
  if (corpus === undefined) {
    console.log('SKIPPED: the recorded experiments: there is no ../shared beside this repository')
    return 0
  }
  const { reference, ours } = runners(usual)
  await using _stub = await startStub(corpus.stub)
  const cases = corpus.cases.filter(isChosen)
  return await compareAll(reference, ours, cases, { support: corpus.support, lanes: 2, shows })
}
