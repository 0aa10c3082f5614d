import type { OpenInterval, TagWindow } from '../collector/tag.ts'
import { targetsOf } from '../formats/cluster-window-file.ts'
import { parseRfc3339 } from '../formats/rfc3339.ts'
import type {
  ClusterExperimentJson,
  ClusterWindowJson,
  OpenIntervalJson,
} from '../model/cluster-experiment.ts'

/** Windows of a cluster as the collector marks spans by them. Peers are not hit. */
export function clusterTagWindows(experiments: readonly ClusterExperimentJson[]): readonly TagWindow[] {
  return experiments.flatMap((experiment) =>
    experiment.windows
      .filter((window) => window.role === 'target')
      .flatMap((window) => tagWindow(experiment, window)),
  )
}

function tagWindow(experiment: ClusterExperimentJson, window: ClusterWindowJson): readonly TagWindow[] {
  const possible = intervalOf(window.possible)
  if (possible === undefined) return []
  // Nothing is certain: an empty interval marks nothing.
  const none = { startNs: possible.startNs, endNs: possible.startNs }
  return [
    {
      experiment: {
        id: experiment.id,
        name: `${experiment.namespace}/${experiment.name}`,
        kind: experiment.kind,
        action: experiment.action,
      },
      possible,
      certain: (window.certain === undefined ? undefined : intervalOf(window.certain)) ?? none,
      targets: targetsOf([window]),
    },
  ]
}

function intervalOf({ start, end }: OpenIntervalJson): OpenInterval | undefined {
  const startNs = parseRfc3339(start)
  const endNs = end === undefined ? undefined : parseRfc3339(end)
  return startNs === undefined ? undefined : { startNs, endNs }
}
