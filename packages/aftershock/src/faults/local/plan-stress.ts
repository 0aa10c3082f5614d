import { availableParallelism, totalmem } from 'node:os'
import type { Fault, StressFault } from '../../model/fault.ts'
import { type Decoded, decoded, type Problem, undecoded } from '../../model/problem.ts'
import type { LocalPod } from '../../model/system.ts'
import type { BurnerSpec } from '../process/burner.ts'
import { cannotInject, choose, type LocalFaultPlan, type LocalWorld, planOf } from './local-plan.ts'
import { bytesText, namesOf, short } from './names.ts'

/** StressChaos → worker processes beside each target. */
export function planStress(fault: Fault, spec: StressFault, world: LocalWorld): Decoded<LocalFaultPlan> {
  const targets = choose(fault, fault.targeting, world, 'target')
  if (!targets.ok) return targets
  const { burners, memoryBytes } = burnersOf(spec, targets.value.length)
  const problem = tooMuch(fault, burners, memoryBytes, targets.value)
  if (problem !== undefined) return undecoded(problem)
  const loads = [
    spec.cpu && spec.cpu.workers > 0 ? `CPU ${short(spec.cpu.loadPercent)} %` : undefined,
    memoryBytes > 0 ? `memory ${bytesText(memoryBytes)}` : undefined,
  ].filter((load) => load !== undefined)
  return decoded(
    planOf(fault, targets.value, [], {
      label: `${namesOf(targets.value, world.services)} ${loads.join(', ')}`,
      actions: targets.value.map(({ pod }) => ({ kind: 'stress', pod, burners })),
      how: targets.value.map(
        ({ pod }) => `${burners.length} workers for ${pod}, in its cgroup when it has its own`,
      ),
      effective: effectiveOf(spec, targets.value.length),
      warnings: [],
      parameters: {
        ...(spec.cpu && { cpuWorkers: spec.cpu.workers, cpuLoadPercent: spec.cpu.loadPercent }),
        ...(memoryBytes > 0 && { memoryBytes }),
      },
    }),
  )
}

/** stress-ng's own, when the manifest gives no size. */
const MEMORY_DEFAULT_BYTES = 256 * 1024 * 1024
/** Of what is free: the rest keeps the machine alive. */
const MEMORY_SHARE_MAX = 0.8
/** Each worker is a process. */
const WORKERS_MAX = 64

/** Memory is the sum over workers, as Chaos Mesh documents `size`. */
function burnersOf(
  spec: StressFault,
  targets: number,
): {
  readonly burners: readonly BurnerSpec[]
  readonly memoryBytes: number
} {
  const { cpu, memory } = spec
  const cpuWorkers = Math.max(0, cpu?.workers ?? 0)
  const cpuBurners = Array.from({ length: cpuWorkers }, () => ({
    kind: 'cpu' as const,
    loadPercent: cpu?.loadPercent ?? 100,
    reachablePercent: Math.min(100, (100 * availableParallelism()) / (cpuWorkers * targets)),
  }))
  const workers = Math.max(0, memory?.workers ?? 0)
  const memoryBytes = memory === undefined || workers === 0 ? 0 : sizeOf(memory.size)
  const memoryBurners = Array.from({ length: workers }, () => ({
    kind: 'memory' as const,
    bytes: Math.floor(memoryBytes / workers),
  }))
  return { burners: [...cpuBurners, ...memoryBurners], memoryBytes }
}

function sizeOf(size: NonNullable<StressFault['memory']>['size']): number {
  if (size === undefined) return MEMORY_DEFAULT_BYTES
  if ('bytes' in size) return size.bytes
  const limit = process.constrainedMemory()
  return Math.round(size.share * (limit > 0 && limit < totalmem() ? limit : totalmem()))
}

function tooMuch(
  fault: Fault,
  burners: readonly BurnerSpec[],
  memoryBytes: number,
  targets: readonly LocalPod[],
): Problem | undefined {
  if (burners.length === 0)
    return cannotInject(
      fault,
      'stress-empty',
      'stressors must have at least one worker: there is none',
      'workers: 1',
    )
  if (burners.length * targets.length > WORKERS_MAX) {
    const why = `at most ${WORKERS_MAX} workers are started on one machine: current value is ${burners.length} for each of ${targets.length} targets`
    return cannotInject(
      fault,
      'stress-workers',
      why,
      `workers: ${Math.max(1, Math.floor(WORKERS_MAX / targets.length))}`,
    )
  }
  const freeBytes = process.availableMemory()
  if (memoryBytes * targets.length <= freeBytes * MEMORY_SHARE_MAX) return undefined
  const why = `stress may take ${MEMORY_SHARE_MAX * 100} % of the memory that is free, or it takes the machine down: ${bytesText(memoryBytes * targets.length)} of ${bytesText(freeBytes)} are asked for`
  return cannotInject(
    fault,
    'stress-memory',
    why,
    `size: ${Math.floor((freeBytes * MEMORY_SHARE_MAX) / targets.length / 1e6)}MB`,
  )
}

function effectiveOf({ cpu }: StressFault, targets: number): readonly string[] {
  if (cpu === undefined) return []
  const wanted = (cpu.workers * targets * cpu.loadPercent) / 100
  const cores = availableParallelism()
  return wanted > cores
    ? [
        `${short(wanted)} cores are asked for and ${cores} exist: workers share them with everything on this machine`,
      ]
    : [
        `${short(wanted)} of ${cores} cores; a service without its own cgroup is slowed only when cores run out`,
      ]
}
