import type { Fault } from '../../model/fault.ts'
import type { Problem } from '../../model/problem.ts'
import { cannotInject } from './local-plan.ts'

/** Why a kind has no honest form on one machine without a cluster. */
const REASONS: Readonly<Record<string, string>> = {
  IOChaos: 'it changes file operations of a mounted volume, which needs FUSE inside the container',
  JVMChaos: 'it rewrites classes inside a running JVM with an agent',
  KernelChaos: 'it makes the kernel itself fail system calls, for the whole machine',
  TimeChaos: 'it changes what the clock says inside a running process, which needs rights over its memory',
  DNSChaos: 'it answers name look-ups of one pod, and processes on one machine share a resolver',
  BlockChaos: 'it delays a block device with a kernel module',
  AWSChaos: 'it stops machines of a cloud',
  GCPChaos: 'it stops machines of a cloud',
  AzureChaos: 'it stops machines of a cloud',
  PhysicalMachineChaos: 'it acts on a machine through the chaosd daemon',
}

/** Undefined: the kind can be injected here. */
export function refusalOf(fault: Fault): Problem | undefined {
  if (!('clusterOnly' in fault.spec)) return undefined
  const reason = REASONS[fault.kind] ?? 'it acts on objects of a cluster'
  const why = `only faults that are the same here as in a cluster are injected: ${fault.kind} is not, ${reason}`
  return cannotInject(fault, 'needs-cluster', why, 'Run it where Chaos Mesh is installed: --target k8s')
}
