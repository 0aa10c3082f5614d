import { embeddable } from './embeddable.ts'
import { podHttpChaos, podIoChaos, podNetworkChaos, remoteCluster, workflowNode } from './internal-kinds.ts'
import type { ChaosKind } from './kind.ts'
import { physicalMachine } from './machine-chaos.ts'
import { schedule } from './schedule.ts'
import { statusCheck } from './status-check.ts'
import { workflow } from './workflow.ts'

export const API_VERSION = 'chaos-mesh.org/v1alpha1'

/** All 23 kinds of chaos-mesh.org/v1alpha1. */
export const kinds: readonly ChaosKind[] = [
  ...embeddable,
  schedule,
  workflow,
  statusCheck,
  physicalMachine,
  remoteCluster,
  podNetworkChaos,
  podHttpChaos,
  podIoChaos,
  workflowNode,
]
