import { awsChaos, azureChaos, gcpChaos } from './cloud-chaos.ts'
import { httpChaos } from './http-chaos.ts'
import { ioChaos } from './io-chaos.ts'
import { jvmChaos } from './jvm-chaos.ts'
import type { ChaosKind } from './kind.ts'
import { physicalMachineChaos } from './machine-chaos.ts'
import { networkChaos } from './network-chaos.ts'
import { podChaos } from './pod-chaos.ts'
import type { Schema } from './schema.ts'
import { blockChaos, dnsChaos, kernelChaos, timeChaos } from './small-kinds.ts'
import { stressChaos } from './stress-chaos.ts'

/** The kinds that inject something: what a Schedule repeats and a Workflow orders. */
export const embeddable: readonly ChaosKind[] = [
  awsChaos,
  azureChaos,
  blockChaos,
  dnsChaos,
  gcpChaos,
  httpChaos,
  ioChaos,
  jvmChaos,
  kernelChaos,
  networkChaos,
  physicalMachineChaos,
  podChaos,
  stressChaos,
  timeChaos,
]

/** Their specs under the keys that Schedule and Template use: `networkChaos`, `podChaos` … */
export const embeddedSpecs: Readonly<Record<string, Schema>> = Object.fromEntries(
  embeddable.flatMap((kind) => (kind.embedKey === undefined ? [] : [[kind.embedKey, kind.spec]])),
)

/** Happen once: `duration` and pausing mean nothing to them. */
export const ONE_SHOT_ACTIONS = ['pod-kill', 'container-kill', 'ec2-restart', 'node-reset', 'vm-restart']
