import { httpParameters, httpWords } from '../../faults/local/http-words.ts'
import { bytesText, short, shortName } from '../../faults/local/names.ts'
import { stagesOf } from '../../faults/local/stages-of.ts'
import type { Fault, StressFault } from '../../model/fault.ts'

/** How people say what a fault does, and its numbers for `result.json`: the same words as of a local fault. */
export type FaultWords = {
  /** After the service's name: `+500 ms`. */
  readonly what: string
  readonly effective: readonly string[]
  readonly parameters: Readonly<Record<string, number | string>>
}

export function faultWords(fault: Fault): FaultWords {
  const { spec } = fault
  if ('clusterOnly' in spec) return { what: clusterWords(fault, spec.action), effective: [], parameters: {} }
  switch (spec.kind) {
    case 'NetworkChaos': {
      const stages = stagesOf(fault, spec)
      if (!stages.ok) return { what: spec.action, effective: [], parameters: {} }
      return {
        what: stages.value.map(({ label }) => label).join(', '),
        effective: stages.value.flatMap(({ effective }) => effective),
        parameters: Object.assign({}, ...stages.value.map(({ parameters }) => parameters), {
          ...(spec.direction !== 'to' && { direction: spec.direction }),
        }),
      }
    }
    case 'HTTPChaos':
      return { what: httpWords(spec), effective: [], parameters: httpParameters(spec) }
    case 'PodChaos': {
      const what = spec.action === 'pod-failure' ? 'down' : 'killed'
      const isKill = spec.action === 'pod-kill'
      return { what, effective: [], parameters: { ...(isKill && { gracePeriodMs: spec.gracePeriodMs }) } }
    }
    case 'StressChaos':
      return stressWords(spec)
  }
}

function stressWords({ cpu, memory }: StressFault): FaultWords {
  const size = memory?.size
  const amount =
    size === undefined ? '' : 'bytes' in size ? ` ${bytesText(size.bytes)}` : ` ${short(100 * size.share)} %`
  const loads = [
    ...(cpu !== undefined ? [`CPU ${short(cpu.loadPercent)} %`] : []),
    ...(memory !== undefined ? [`memory${amount}`] : []),
  ]
  return {
    what: loads.join(', '),
    effective: [],
    parameters: {
      ...(cpu && { cpuWorkers: cpu.workers, cpuLoadPercent: cpu.loadPercent }),
      ...(size !== undefined && 'bytes' in size && { memoryBytes: size.bytes }),
    },
  }
}

function clusterWords({ kind }: Fault, action: string | undefined): string {
  return action === undefined ? kind : `${kind} ${action}`
}

/** `payment`, `payment (1 of 2)`, `payment and order`, `5 services`. */
export function servicesText(services: readonly string[], taken: number | undefined): string {
  const names = [...new Set(services)].map(shortName)
  const some =
    taken === undefined || taken === services.length ? '' : ` (${taken} of ${services.length} pods)`
  if (names.length > 3) return `${names.length} services${some}`
  const text =
    names.length < 2 ? (names[0] ?? 'nothing') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  return `${text}${some}`
}
