import type { Netem, NetworkFault } from '../../model/fault.ts'
import { goDurationMs } from '../go-duration.ts'
import { parseTcRate } from '../units.ts'
import { checkCorrelation, checkDuration, checkPercentText, checkRate } from './checks.ts'
import { type Fields, fieldsAt, filledAt, numberAt, textAt, textsAt } from './fields.ts'
import type { ChaosKind } from './kind.ts'
import { doubtNetwork } from './network-doubts.ts'
import type { Report } from './report.ts'
import { integer, listOf, oneOf, record, type Schema, text, uint32, uint64 } from './schema.ts'
import { checkMode, podFields, podTarget, targetingOf } from './targeting.ts'

const ACTIONS = ['netem', 'delay', 'loss', 'duplicate', 'corrupt', 'partition', 'bandwidth'] as const
const DIRECTIONS = ['to', 'from', 'both'] as const
const latency: Schema = { type: 'string', pattern: /^[0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h)$/ }
const size: Schema = { type: 'integer', min: 1, format: 'int32' }

/** netem's and tbf's parameters; the rules of a PodNetworkChaos have them too. */
export const traffic = {
  bandwidth: record({
    'buffer*': size,
    'limit*': size,
    minburst: uint32,
    peakrate: uint64,
    'rate*': text,
  }),
  corrupt: record({ correlation: text, 'corrupt*': text }),
  delay: record({
    correlation: text,
    jitter: latency,
    'latency*': latency,
    reorder: record({ correlation: text, 'gap*': integer, 'reorder*': text }),
  }),
  device: text,
  duplicate: record({ correlation: text, 'duplicate*': text }),
  loss: record({ correlation: text, 'loss*': text }),
  rate: record({ 'rate*': text }),
}

export const networkChaos: ChaosKind = {
  kind: 'NetworkChaos',
  embedKey: 'networkChaos',
  spec: record({
    ...podFields,
    ...traffic,
    'action*': oneOf(...ACTIONS),
    direction: { type: 'string', words: DIRECTIONS, byDefault: 'to' },
    externalTargets: listOf(text),
    target: record(podTarget),
    targetDevice: text,
  }),
  webhook: checkNetwork,
  doubts: doubtNetwork,
  fault: networkFault,
}

function checkNetwork(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  checkMode(spec, report)
  const target = fieldsAt(spec, 'target')
  if (target !== undefined) checkMode(target, report.below('target'))
  for (const name of ['loss', 'duplicate', 'corrupt']) {
    checkPercentText(spec, report, name, name)
    checkCorrelation(spec, report, name, 'correlation')
  }
  checkDuration(spec, report, 'delay', 'latency')
  checkDuration(spec, report, 'delay', 'jitter')
  checkCorrelation(spec, report, 'delay', 'correlation')
  checkPercentText(spec, report, 'delay', 'reorder', 'reorder')
  checkCorrelation(spec, report, 'delay', 'reorder', 'correlation')
  checkRate(spec, report, 'rate', 'rate')
  checkRate(spec, report, 'bandwidth', 'rate')
  checkDirection(spec, report)
}

function checkDirection(spec: Fields, report: Report): void {
  const direction = textAt(spec, 'direction')
  if (textAt(spec, 'action') === 'partition' || (direction !== 'from' && direction !== 'both')) return
  if (textsAt(spec, 'externalTargets').length > 0) {
    const why = `external targets cannot be used with \`from\` and \`both\` direction in netem action yet: current value is ${direction}`
    report.error(['direction'], 'direction-external', why, 'Write direction: to')
  }
  if (fieldsAt(spec, 'target') === undefined) {
    const why = `\`from\` and \`both\` direction cannot be used when targets is empty in netem action: current value is ${direction}, and there is no target`
    report.error(
      ['direction'],
      'direction-target',
      why,
      'Add target: { mode: all, selector: … }, or write direction: to',
    )
  }
}

function networkFault(spec: Fields, namespace: string): NetworkFault {
  const target = fieldsAt(spec, 'target')
  const bandwidth = fieldsAt(spec, 'bandwidth')
  const action = ACTIONS.find((word) => word === textAt(spec, 'action')) ?? 'netem'
  return {
    kind: 'NetworkChaos',
    action,
    direction: DIRECTIONS.find((word) => word === textAt(spec, 'direction')) ?? 'to',
    peers: target === undefined ? undefined : targetingOf(target, namespace),
    externalTargets: textsAt(spec, 'externalTargets'),
    netem: action === 'partition' || action === 'bandwidth' ? {} : netemOf(spec),
    bandwidth:
      bandwidth === undefined || action !== 'bandwidth'
        ? undefined
        : {
            bytesPerSecond: rateOf(textAt(bandwidth, 'rate')),
            limitBytes: numberAt(bandwidth, 'limit') ?? 1,
            bufferBytes: numberAt(bandwidth, 'buffer') ?? 1,
          },
  }
}

/** All that is present counts, whatever `action` says: upstream merges them. */
function netemOf(spec: Fields): Netem {
  const reorder = fieldsAt(spec, 'delay', 'reorder')
  const percent = (...names: readonly string[]) => Number(filledAt(spec, ...names) ?? 0)
  const event = (name: string) => fieldsAt(spec, name) !== undefined
  return {
    ...(event('delay') && {
      delay: {
        latencyMs: goDurationMs(filledAt(spec, 'delay', 'latency') ?? '0') ?? 0,
        jitterMs: goDurationMs(filledAt(spec, 'delay', 'jitter') ?? '0') ?? 0,
        correlationPercent: percent('delay', 'correlation'),
        ...(reorder !== undefined && {
          reorder: {
            reorderPercent: percent('delay', 'reorder', 'reorder'),
            correlationPercent: percent('delay', 'reorder', 'correlation'),
            gap: numberAt(reorder, 'gap') ?? 0,
          },
        }),
      },
    }),
    ...(event('loss') && {
      loss: { lossPercent: percent('loss', 'loss'), correlationPercent: percent('loss', 'correlation') },
    }),
    ...(event('duplicate') && {
      duplicate: {
        duplicatePercent: percent('duplicate', 'duplicate'),
        correlationPercent: percent('duplicate', 'correlation'),
      },
    }),
    ...(event('corrupt') && {
      corrupt: {
        corruptPercent: percent('corrupt', 'corrupt'),
        correlationPercent: percent('corrupt', 'correlation'),
      },
    }),
    ...(event('rate') && { rate: { bytesPerSecond: rateOf(textAt(spec, 'rate', 'rate')) } }),
  }
}

function rateOf(written: string | undefined): number {
  const rate = parseTcRate(written ?? '')
  return rate.ok ? rate.value : 0
}
