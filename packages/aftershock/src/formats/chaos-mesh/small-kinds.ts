import { parseGoDuration } from '../go-duration.ts'
import { checkCorrelation, checkDuration } from './checks.ts'
import { type Fields, fieldsAt, textAt, textsAt } from './fields.ts'
import { type ChaosKind, clusterOnly } from './kind.ts'
import { type Report, ruleText } from './report.ts'
import { int, listOf, oneOf, record, text, uint32 } from './schema.ts'
import { doubtTarget } from './target-doubts.ts'
import { checkMode, containerFields } from './targeting.ts'

const CLOCKS =
  /^CLOCK_(?:REALTIME|MONOTONIC|PROCESS_CPUTIME_ID|THREAD_CPUTIME_ID|MONOTONIC_RAW|REALTIME_COARSE|MONOTONIC_COARSE|BOOTTIME|REALTIME_ALARM|BOOTTIME_ALARM|TAI)$/

export const timeChaos: ChaosKind = {
  kind: 'TimeChaos',
  embedKey: 'timeChaos',
  spec: record({ ...containerFields, clockIds: listOf(text), 'timeOffset*': text }),
  webhook(spec, report) {
    // The duration of a TimeChaos is not checked upstream.
    checkMode(spec, report)
    const value = textAt(spec, 'timeOffset') ?? ''
    const offset = parseGoDuration(value)
    if (offset.ok) return
    const rule = `must be a Go duration (parse timeOffset field error:${offset.error})`
    report.error(
      ['timeOffset'],
      'duration',
      ruleText([...report.base, 'timeOffset'], rule, value),
      'Write -10m',
    )
  },
  doubts(spec, report) {
    doubtTarget(spec, report)
    for (const [i, clock] of textsAt(spec, 'clockIds').entries()) {
      if (CLOCKS.test(clock)) continue
      const rule = 'must be a clock of Linux, such as CLOCK_REALTIME or CLOCK_MONOTONIC, to be shifted'
      report.warning(['clockIds', i], 'no-effect', ruleText([...report.base, 'clockIds', i], rule, clock))
    }
    const value = textAt(spec, 'duration') ?? ''
    if (value === '' || parseGoDuration(value).ok) return
    const rule = 'is accepted, but is no duration: the fault fails when it starts'
    report.warning(['duration'], 'duration', ruleText([...report.base, 'duration'], rule, value), 'Write 30s')
  },
  fault: clusterOnly('TimeChaos'),
}

export const dnsChaos: ChaosKind = {
  kind: 'DNSChaos',
  embedKey: 'dnsChaos',
  spec: record({ ...containerFields, 'action*': oneOf('error', 'random'), patterns: listOf(text) }),
  webhook: checkTimed,
  doubts(spec, report) {
    doubtTarget(spec, report)
    for (const [i, pattern] of textsAt(spec, 'patterns').entries()) {
      if (!/\*(?!$)/.test(pattern)) continue
      const why = `* may stand only at the end of a pattern, this one matches nothing: current value is ${pattern}`
      report.warning(['patterns', i], 'no-effect', why)
    }
  },
  fault: clusterOnly('DNSChaos'),
}

export const kernelChaos: ChaosKind = {
  kind: 'KernelChaos',
  embedKey: 'kernelChaos',
  spec: record({
    ...containerFields,
    'failKernRequest*': record({
      callchain: listOf(record({ funcname: text, parameters: text, predicate: text })),
      'failtype*': int({ min: 0, max: 2 }),
      headers: listOf(text),
      probability: int({ min: 0, max: 100 }),
      times: uint32,
    }),
  }),
  webhook: checkTimed,
  doubts: doubtTarget,
  fault: clusterOnly('KernelChaos'),
}

export const blockChaos: ChaosKind = {
  kind: 'BlockChaos',
  embedKey: 'blockChaos',
  spec: record({
    ...containerFields,
    'action*': oneOf('delay'),
    delay: record({ correlation: text, jitter: text, latency: text }),
    'volumeName*': text,
  }),
  webhook(spec, report) {
    checkTimed(spec, report)
    checkDuration(spec, report, 'delay', 'latency')
    checkDuration(spec, report, 'delay', 'jitter')
    checkCorrelation(spec, report, 'delay', 'correlation')
    if (textAt(spec, 'action') === 'delay' && fieldsAt(spec, 'delay') === undefined) {
      report.error(['delay'], 'action-body', 'delay should be set on delay action: it is missing')
    }
  },
  doubts: doubtTarget,
  fault: clusterOnly('BlockChaos'),
}

function checkTimed(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  checkMode(spec, report)
}
