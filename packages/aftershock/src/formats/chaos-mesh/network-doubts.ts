import { goDurationMs } from '../go-duration.ts'
import { type Fields, fieldsAt, filledAt, numberAt, textAt, textsAt } from './fields.ts'
import type { Report } from './report.ts'
import { doubtTarget } from './target-doubts.ts'

const BODIES = ['delay', 'loss', 'duplicate', 'corrupt', 'rate']
const EXTERNAL =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/

/** What a NetworkChaos may say that passes the webhook and then does nothing, or something else. */
export function doubtNetwork(spec: Fields, report: Report): void {
  doubtTarget(spec, report)
  const target = fieldsAt(spec, 'target')
  if (target !== undefined) doubtTarget(target, report.below('target'))
  doubtBodies(spec, report)
  doubtDelay(spec, report)
  doubtPartition(spec, report)
  for (const [i, name] of textsAt(spec, 'externalTargets').entries()) {
    if (EXTERNAL.test(name)) continue
    const why = `an external target must be an IPv4 address, a CIDR or a domain name, perhaps with a port: current value is ${JSON.stringify(name)}`
    report.warning(['externalTargets', i], 'external-target', why)
  }
  if (numberAt(spec, 'bandwidth', 'peakrate') !== undefined && !numberAt(spec, 'bandwidth', 'minburst')) {
    report.warning(['bandwidth', 'peakrate'], 'peakrate', 'peakrate is used only together with minburst')
  }
}

function doubtBodies(spec: Fields, report: Report): void {
  const action = textAt(spec, 'action') ?? ''
  const present = BODIES.filter((name) => fieldsAt(spec, name) !== undefined)
  const needs = action === 'netem' ? 'one of delay, loss, duplicate, corrupt, rate' : action
  const missing =
    action === 'netem' ? present.length === 0 : action !== 'partition' && fieldsAt(spec, action) === undefined
  if (missing) {
    const why = `action ${action} needs ${needs}: it is missing; the API accepts that, and the fault fails when it starts`
    report.warning(['action'], 'action-body', why, `Add ${action === 'netem' ? 'delay' : action}: …`)
  }
  const extra = present.filter((name) => name !== action && action !== 'netem')
  for (const name of extra) {
    const why = ['partition', 'bandwidth'].includes(action)
      ? `${name} is ignored by action ${action}`
      : `${name} is applied too, although action says ${action}: Chaos Mesh merges all of them`
    report.warning([name], 'extra-body', why, `Remove ${name}, or write action: netem`)
  }
}

function doubtDelay(spec: Fields, report: Report): void {
  for (const name of ['latency', 'jitter']) {
    const value = textAt(spec, 'delay', name) ?? ''
    if (!/^0[0-9.]/.test(value) || goDurationMs(value) === 0) continue
    const why = `Chaos Mesh compares ${name} as text and drops every value that begins with 0: current value is "${value}"`
    report.warning(['delay', name], 'leading-zero', why, `Write "${withoutZero(value)}"`)
  }
  const jitterMs = goDurationMs(filledAt(spec, 'delay', 'jitter') ?? '0') ?? 0
  const correlation = Number(filledAt(spec, 'delay', 'correlation') ?? 0)
  if (correlation !== 0 && jitterMs === 0) {
    const why = `correlation has no effect without jitter: current value is "${correlation}", jitter is 0`
    report.warning(['delay', 'correlation'], 'correlation-without-jitter', why)
  }
  if (jitterMs > 2147) {
    const why = `the kernel's netem overflows above a jitter of 2.147 s: current value is ${jitterMs} ms`
    report.warning(['delay', 'jitter'], 'jitter-overflow', why)
  }
}

function doubtPartition(spec: Fields, report: Report): void {
  const direction = textAt(spec, 'direction')
  const alone = fieldsAt(spec, 'target') === undefined && textsAt(spec, 'externalTargets').length === 0
  if (textAt(spec, 'action') !== 'partition' || !alone || direction === 'to') return
  const why = `a partition with direction ${direction} needs a target: without one it cuts the pods off from everything`
  report.warning(['direction'], 'partition-target', why, 'Add target: { mode: all, selector: … }')
}

/** `0.5ms` → `500us`, `05ms` → `5ms`. */
function withoutZero(value: string): string {
  const ms = goDurationMs(value) ?? 0
  if (ms >= 1) return `${Number(ms.toFixed(3))}ms`
  return ms >= 0.001 ? `${Number((ms * 1000).toFixed(3))}us` : `${Math.round(ms * 1e6)}ns`
}
