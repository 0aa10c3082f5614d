import type { Fault, NetworkFault } from '../../model/fault.ts'
import { type Decoded, decoded, undecoded } from '../../model/problem.ts'
import type { StageSpec } from '../proxy/proxy.ts'
import { effectiveRatePercent } from '../proxy/stages/effective-rate.ts'
import { cannotInject } from './local-plan.ts'
import { rateText, short } from './names.ts'

/** A stage with the words for it. */
export type NamedStage = {
  readonly stage: StageSpec
  /** After the service's name: `+500 ms`, `loses 25 %`. */
  readonly label: string
  /** Before "on answers of": `delay 500 ms`. */
  readonly how: string
  /** Where the effective rate differs from the nominal one. */
  readonly effective: readonly string[]
  readonly parameters: Readonly<Record<string, number | string>>
}

/**
 * What a NetworkChaos does to bytes. As Chaos Mesh does, every netem part present is merged, whatever
 * `action` says; values that are not positive do nothing.
 *
 * @see chaosmesh.md 3.1
 */
export function stagesOf(fault: Fault, spec: NetworkFault): Decoded<readonly NamedStage[]> {
  if (spec.action === 'partition') return decoded([partition])
  if (spec.action === 'bandwidth') {
    if (spec.bandwidth === undefined)
      return undecoded(
        cannotInject(fault, 'action-body', 'action bandwidth needs `bandwidth`: it is missing'),
      )
    return decoded([bandwidth(spec.bandwidth)])
  }
  const { delay, loss, duplicate, corrupt, rate } = spec.netem
  const percents = {
    loss: loss?.lossPercent,
    duplicate: duplicate?.duplicatePercent,
    corrupt: corrupt?.corruptPercent,
    reorder: delay?.reorder?.reorderPercent,
  }
  const over = Object.entries(percents).find(([, percent]) => (percent ?? 0) > 100)
  if (over !== undefined) {
    const why = `${over[0]} must be at most 100 %: current value is ${over[1]} (the cluster's kernel refuses it as well)`
    return undecoded(cannotInject(fault, 'percent-range', why, 'Write 100 or less'))
  }
  const stages = [
    duplicate && duplicate.duplicatePercent > 0 ? duplicateStage(duplicate) : undefined,
    loss && loss.lossPercent > 0 ? lossStage(loss.lossPercent, loss.correlationPercent, 'loss') : undefined,
    corrupt && corrupt.corruptPercent > 0
      ? lossStage(corrupt.corruptPercent, corrupt.correlationPercent, 'corrupt')
      : undefined,
    delay && (delay.latencyMs > 0 || delay.jitterMs > 0) ? latencyStage(delay) : undefined,
    rate && rate.bytesPerSecond > 0 ? rateStage(rate.bytesPerSecond) : undefined,
  ].filter((stage) => stage !== undefined)
  if (stages.length > 0) return decoded(stages)
  const why = 'at least one of delay, loss, duplicate, corrupt, rate must be given and above 0: none is'
  return undecoded(
    cannotInject(fault, 'action-body', why, `Add ${spec.action === 'netem' ? 'delay' : spec.action}: …`),
  )
}

const partition: NamedStage = {
  stage: { kind: 'partition' },
  label: 'cut off',
  how: 'pass nothing, reset nothing',
  effective: [],
  parameters: {},
}

function latencyStage(delay: NonNullable<NetworkFault['netem']['delay']>): NamedStage {
  const { latencyMs, jitterMs, correlationPercent, reorder } = delay
  const amount = jitterMs > 0 ? `${short(latencyMs)} ±${short(jitterMs)} ms` : `${short(latencyMs)} ms`
  return {
    stage: { kind: 'latency', latencyMs, jitterMs, correlationPercent, handshake: true, reorder },
    label: `+${amount}`,
    how: `delay ${amount}`,
    effective: [
      `a kept-alive call pays ${short(latencyMs)} ms, a new connection ${short(latencyMs)} ms more for its handshake`,
      ...(jitterMs > 0 && correlationPercent > 0
        ? [`correlation ${short(correlationPercent)} % narrows the jitter around its middle`]
        : []),
      ...(reorder
        ? [
            `reorder: ${rateLine(reorder.reorderPercent, reorder.correlationPercent)}; TCP shows it as waiting only`,
          ]
        : []),
    ],
    parameters: {
      latencyMs,
      ...(jitterMs > 0 && { jitterMs, correlationPercent }),
      ...(reorder && { reorderPercent: reorder.reorderPercent }),
    },
  }
}

function lossStage(percent: number, correlationPercent: number, cause: 'loss' | 'corrupt'): NamedStage {
  const nominal = `${short(percent)} %`
  return {
    stage: { kind: 'loss', lossPercent: percent, correlationPercent, cause },
    label: cause === 'loss' ? `loses ${nominal}` : `corrupts ${nominal}`,
    how: cause === 'loss' ? `lose ${nominal} of segments` : `corrupt ${nominal} of segments`,
    effective: [
      ...(correlationPercent > 0 ? [`${cause}: ${rateLine(percent, correlationPercent)}`] : []),
      'TCP sends again what is lost: calls are late by 200 ms and more, or 1 s at connect',
    ],
    parameters: {
      [`${cause}Percent`]: percent,
      ...(correlationPercent > 0 && {
        correlationPercent,
        [`effective${cause === 'loss' ? 'Loss' : 'Corrupt'}Percent`]: rounded(
          effectiveRatePercent(percent, correlationPercent),
        ),
      }),
    },
  }
}

function duplicateStage(duplicate: { duplicatePercent: number; correlationPercent: number }): NamedStage {
  const { duplicatePercent, correlationPercent } = duplicate
  return {
    stage: { kind: 'duplicate', duplicatePercent, correlationPercent },
    label: `duplicates ${short(duplicatePercent)} %`,
    how: `duplicate ${short(duplicatePercent)} % of segments (counted)`,
    effective: [
      ...(correlationPercent > 0 ? [`duplicate: ${rateLine(duplicatePercent, correlationPercent)}`] : []),
      'TCP drops duplicates: no call will notice',
    ],
    parameters: { duplicatePercent },
  }
}

function rateStage(bytesPerSecond: number): NamedStage {
  const text = rateText(bytesPerSecond)
  return {
    stage: { kind: 'rate', bytesPerSecond },
    label: `limited to ${text}`,
    how: `pass ${text}`,
    effective: [],
    parameters: { bytesPerSecond },
  }
}

function bandwidth(spec: NonNullable<NetworkFault['bandwidth']>): NamedStage {
  return {
    ...rateStage(spec.bytesPerSecond),
    stage: { kind: 'bandwidth', ...spec },
    effective: [`bursts up to ${spec.bufferBytes} bytes pass at once; what the kernel would drop waits here`],
    parameters: { ...spec },
  }
}

function rateLine(percent: number, correlationPercent: number): string {
  const effective = effectiveRatePercent(percent, correlationPercent)
  return `nominal ${short(percent)} %, effective ${short(effective)} % because of correlation ${short(correlationPercent)} %`
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
