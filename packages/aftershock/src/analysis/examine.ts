import type { Suspect } from '../model/result.ts'
import type { SpanTable } from '../model/span-table.ts'
import type { Windows } from '../model/window.ts'
import { assemble } from './assemble.ts'
import { attribute } from './attribution.ts'
import type { Peers } from './callees.ts'
import type { InstanceOffset } from './clock-skew.ts'
import { componentsOf } from './components.ts'
import type { Facts } from './facts.ts'
import { failuresOf } from './failure.ts'
import type { Forest } from './forest.ts'
import { markRefusals, markShedding, quickestAnswers } from './load-shed.ts'
import { logicalCalls } from './logical-calls.ts'
import { originsOf } from './origins.ts'
import { outcomesOf } from './outcomes.ts'
import { phasesOf } from './phases.ts'
import { hiddenRejections } from './rejections.ts'
import { sitesOf } from './sites.ts'
import { truncations } from './structure.ts'
import { suspectsOf } from './suspects.ts'

export type Examined = {
  readonly facts: Facts
  readonly suspects: readonly Suspect[]
  readonly offsets: readonly InstanceOffset[]
  /** ms spent in each step, by name. */
  readonly stages: Readonly<Record<string, number>>
}

/** A blind suspect is taken for the origin from this score on, and this far ahead of the next. */
const STRONG_SCORE = 0.3

/** Runs the steps of the analysis, each on what the former found. */
export function examine(
  table: SpanTable,
  windows: Windows,
  originNs: number,
  now: () => number = () => performance.now(),
  peers: Peers = {},
): Examined {
  const stages: Record<string, number> = {}
  let last = now()
  const done = (stage: string): void => {
    const at = now()
    stages[stage] = at - last
    last = at
  }
  const { forest, offsets } = assemble(table, peers)
  done('assemble')
  const phases = phasesOf(forest, windows)
  const failures = failuresOf(forest)
  const { fail } = failures
  done('failures')
  const logical = logicalCalls(forest, fail, phases.ofTrace)
  const hidden = hiddenRejections(forest, failures, logical, phases)
  markShedding(forest, fail, logical, hidden, phases)
  markRefusals(
    forest,
    fail,
    logical,
    hidden,
    quickestAnswers(forest, fail, phases),
    spoofedBy(forest, windows),
  )
  const origins = originsOf(forest, fail, logical, hidden)
  done('logical calls')
  const parts = componentsOf(forest, fail, logical, phases)
  const sites = sitesOf(forest, parts, origins, phases)
  done('compare')
  const suspects = suspectsOf(forest, sites, phases, truncations(forest, fail, logical, phases))
  done('suspects')
  const targets = targetsOf(forest, windows, suspects)
  const before = { forest, fail, parts, logical, origins, sites, phases }
  const attribution = attribute(before, targets)
  const outcomes = outcomesOf(forest, fail, parts, attribution, phases)
  done('attribution')
  const facts: Facts = {
    ...before,
    hidden,
    attribution,
    outcomes,
    targets,
    experiments: windows.experiments,
    originNs,
  }
  return { facts, suspects, offsets, stages }
}

/** The injected services where they are told, else the first suspect if the evidence is strong. */
function targetsOf(forest: Forest, windows: Windows, suspects: readonly Suspect[]): ReadonlySet<number> {
  const named = windows.experiments.flatMap((e) => e.targets.map((t) => t.service))
  const strong = suspects.length > 0 && suspects[0].score >= STRONG_SCORE ? [suspects[0].service] : []
  const names = new Set(windows.experiments.length > 0 ? named : strong)
  return new Set([...forest.services.keys()].filter((s) => names.has(forest.services[s].name)))
}

/** Services whose answers an HTTP fault writes itself. */
function spoofedBy(forest: Forest, windows: Windows): ReadonlySet<number> {
  const names = new Set(
    windows.experiments.filter((e) => e.kind === 'HTTPChaos').flatMap((e) => e.targets.map((t) => t.service)),
  )
  return new Set([...forest.services.keys()].filter((s) => names.has(forest.services[s].name)))
}
