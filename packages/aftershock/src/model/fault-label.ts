import { countOf, formatMs } from './numbers.ts'
import type { ExperimentFacts } from './window.ts'

/** The fault by its name for people, from what was asked for: `payment +500 ms`. */
export function faultLabel(experiment: ExperimentFacts): string {
  const who = experiment.targets.map((t) => t.service).join(', ') || experiment.name
  const p = experiment.parameters
  const number = (key: string): number | undefined =>
    typeof p[key] === 'number' ? (p[key] as number) : undefined
  const latencyMs = number('latencyMs') ?? number('delayMs')
  const action = experiment.action ?? experiment.kind
  if (latencyMs !== undefined && latencyMs > 0) return between(who, p, lateText(experiment, latencyMs))
  if (action === 'partition') return `${who} cut off${typeof p.peers === 'string' ? ` from ${p.peers}` : ''}`
  if (action === 'pod-kill' || action === 'container-kill') return `${who} killed`
  if (action === 'pod-failure') return `${who} down`
  if (action === 'abort') return `${who} hanging up`
  const status = number('statusCode') ?? number('replaceCode')
  if (status !== undefined) return `${who} answering ${status}`
  for (const [key, verb] of PACKET_FAULTS) {
    const share = number(key)
    if (share !== undefined) return between(who, p, `${verb} ${share} % of packets`)
  }
  const bytesPerSecond = number('bytesPerSecond')
  if (bytesPerSecond !== undefined)
    return between(who, p, `limited to ${countOf(bytesPerSecond, 'bytes')} a second`)
  if (experiment.kind === 'StressChaos') return `${who} under ${stressOf(p)} stress`
  return `${who} ${WORDS[`${experiment.kind}/${action}`] ?? WORDS[experiment.kind] ?? action}`
}

function lateText({ kind, parameters: { jitterMs } }: ExperimentFacts, latencyMs: number): string {
  const jitter = typeof jitterMs === 'number' && jitterMs > 0 ? ` ±${formatMs(jitterMs)}` : ''
  return `${kind === 'IOChaos' ? 'with disk ' : ''}+${formatMs(latencyMs)}${jitter}`
}

/** Of what was asked for only the kind is known. */
const WORDS: Readonly<Record<string, string>> = {
  'NetworkChaos/delay': 'delayed',
  'NetworkChaos/loss': 'losing packets',
  'NetworkChaos/corrupt': 'corrupting packets',
  'NetworkChaos/duplicate': 'duplicating packets',
  'NetworkChaos/bandwidth': 'with little bandwidth',
  'HTTPChaos/delay': 'delayed',
  'HTTPChaos/replace': 'with replaced answers',
  'HTTPChaos/patch': 'with patched answers',
  'DNSChaos/error': 'unable to resolve names',
  'DNSChaos/random': 'with wrong addresses from DNS',
  'IOChaos/latency': 'with a slow disk',
  'IOChaos/fault': 'with a failing disk',
  'IOChaos/mistake': 'reading and writing wrong bytes',
  'JVMChaos/exception': 'throwing exceptions',
  'JVMChaos/latency': 'with slow methods',
  TimeChaos: 'with its clock shifted',
  KernelChaos: 'with failing kernel calls',
}

/** Where a fault is only on the way between two, both are named, the sender first. */
function between(who: string, { peers, direction }: ExperimentFacts['parameters'], what: string): string {
  if (typeof peers !== 'string') return `${who} ${what}`
  if (direction === 'from') return `${peers} ${what} to ${who}`
  return `${who} ${what} ${direction === 'both' ? 'with' : 'to'} ${peers}`
}

const PACKET_FAULTS = [
  ['lossPercent', 'losing'],
  ['corruptPercent', 'corrupting'],
  ['duplicatePercent', 'duplicating'],
] as const

function stressOf(p: ExperimentFacts['parameters']): string {
  const what = [...('cpuWorkers' in p ? ['CPU'] : []), ...('memoryBytes' in p ? ['memory'] : [])]
  return what.join(' and ') || 'CPU'
}
