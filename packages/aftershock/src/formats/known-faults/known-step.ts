import { chaosk8sStep } from './chaosk8s.ts'
import { istioStep } from './istio.ts'
import type { KnownCall, KnownStep } from './known-fault.ts'
import { toxiproxyStep } from './toxiproxy.ts'

/** @returns undefined for an action of an extension that is not known, or that injects nothing */
export function knownStep(call: KnownCall): KnownStep | undefined {
  return chaosk8sStep(call) ?? toxiproxyStep(call) ?? istioStep(call)
}
