import type {
  ClusterExperimentJson,
  ClusterWindowJson,
  OpenIntervalJson,
} from '../model/cluster-experiment.ts'
import { unitedIntervals } from '../model/intervals.ts'
import type { ExperimentFacts, Interval, TargetFacts, Windows } from '../model/window.ts'
import { parseGoDuration } from './go-duration.ts'
import { parseRfc3339 } from './rfc3339.ts'
import { type WindowFileJson, windowsJson } from './window-file.ts'

/** Before and after a fault, as long as it lasted, within these. */
const SIDE_NS_MIN = 30_000_000_000n
const SIDE_NS_MAX = 600_000_000_000n

/**
 * What `analyze --windows` is told of experiments in a cluster: the chaos window is the time in which something
 * surely was in force, baseline and recovery lie outside everything that may have been.
 *
 * @param nowNs - the end of what is still in force
 * @returns undefined when nothing was injected for sure
 */
export function windowFileOf(
  experiments: readonly ClusterExperimentJson[],
  nowNs: bigint = BigInt(Date.now()) * 1_000_000n,
): WindowFileJson | undefined {
  const windows = clusterWindows(experiments, nowNs)
  return windows === undefined ? undefined : windowsJson(windows)
}

export function clusterWindows(
  experiments: readonly ClusterExperimentJson[],
  nowNs: bigint,
): Windows | undefined {
  const hit = experiments.map((experiment) => ({
    experiment,
    windows: experiment.windows.filter((window) => window.role === 'target'),
  }))
  const all = hit.flatMap((one) => one.windows)
  const chaos = unitedIntervals(all.flatMap((window) => intervalOf(window.certain, nowNs)))
  const possible = unitedIntervals(all.flatMap((window) => intervalOf(window.possible, nowNs)))
  const [first, last] = [possible[0], possible.at(-1)]
  if (chaos.length === 0 || first === undefined || last === undefined) return undefined
  const sideNs = clamped(last.endNs - first.startNs)
  return {
    experiments: hit
      .filter((one) => one.windows.length > 0)
      .map(({ experiment, windows }) => factsOf(experiment, windows)),
    baseline: [{ startNs: first.startNs - sideNs, endNs: first.startNs }],
    chaos,
    recovery: last.endNs >= nowNs ? [] : [{ startNs: last.endNs, endNs: last.endNs + sideNs }],
  }
}

function factsOf(experiment: ClusterExperimentJson, windows: readonly ClusterWindowJson[]): ExperimentFacts {
  return {
    name: experiment.name,
    kind: experiment.kind,
    action: experiment.action,
    mode: experiment.mode,
    targets: targetsOf(windows),
    parameters: parametersOf(experiment.parameters),
  }
}

/** By service; a pod whose service is not known stands for itself. */
export function targetsOf(windows: readonly ClusterWindowJson[]): readonly TargetFacts[] {
  const found = new Map<string, { service: string; namespace: string | undefined; pods: string[] }>()
  for (const { target } of windows) {
    const service = target.service ?? target.pod ?? target.other ?? ''
    const key = `${target.namespace}/${service}`
    const known = found.get(key) ?? { service, namespace: target.namespace, pods: [] }
    if (target.pod !== undefined && !known.pods.includes(target.pod)) known.pods.push(target.pod)
    found.set(key, known)
  }
  return [...found.values()]
}

/** `delay.latency: 500ms` → `latencyMs: 500`, as the names of window files are. */
function parametersOf(written: ClusterExperimentJson['parameters']): ExperimentFacts['parameters'] {
  const found: Record<string, string | number | boolean> = {}
  for (const [path, value] of Object.entries(written)) {
    const duration = typeof value === 'string' && /[a-zµ]$/.test(value) ? parseGoDuration(value) : undefined
    const name = path.split('.').at(-1) ?? path
    if (duration?.ok === true) found[`${name}Ms`] = Number(duration.ns) / 1e6
    else found[path.replace(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase())] = value
  }
  return found
}

function intervalOf(interval: OpenIntervalJson | undefined, nowNs: bigint): readonly Interval[] {
  if (interval === undefined) return []
  const startNs = parseRfc3339(interval.start)
  const endNs = interval.end === undefined ? nowNs : parseRfc3339(interval.end)
  return startNs === undefined || endNs === undefined || endNs <= startNs ? [] : [{ startNs, endNs }]
}

function clamped(ns: bigint): bigint {
  return ns < SIDE_NS_MIN ? SIDE_NS_MIN : ns > SIDE_NS_MAX ? SIDE_NS_MAX : ns
}
