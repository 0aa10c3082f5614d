import { checkDuration } from './checks.ts'
import { type Fields, filledAt, numberAt, textAt } from './fields.ts'
import { type ChaosKind, clusterOnly } from './kind.ts'
import type { Report } from './report.ts'
import { int32, integer, oneOf, record, text } from './schema.ts'
import { doubtTarget } from './target-doubts.ts'
import { checkMode, containerFields } from './targeting.ts'

export const jvmChaos: ChaosKind = {
  kind: 'JVMChaos',
  embedKey: 'jvmChaos',
  spec: record({
    ...containerFields,
    'action*': oneOf('latency', 'return', 'exception', 'stress', 'gc', 'ruleData', 'mysql'),
    class: text,
    cpuCount: integer,
    database: text,
    exception: text,
    latency: integer,
    memType: text,
    method: text,
    mysqlConnectorVersion: text,
    name: text,
    pid: integer,
    port: int32,
    returnValue: text,
    ruleData: text,
    sqlType: text,
    table: text,
  }),
  webhook: checkJvm,
  doubts: doubtTarget,
  fault: clusterOnly('JVMChaos'),
}

function checkJvm(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  checkMode(spec, report)
  const missing = (name: string) => filledAt(spec, name) === undefined
  const refuse = (name: string, why: string, fix?: string) => report.error([name], 'jvm-parameters', why, fix)
  const noLatency = (numberAt(spec, 'latency') ?? 0) === 0
  const action = textAt(spec, 'action') ?? ''
  if (['exception', 'return', 'latency'].includes(action)) {
    if (missing('class')) refuse('class', `class not provided: action ${action} needs it`)
    if (missing('method')) refuse('method', `method not provided: action ${action} needs it`)
  }
  if (action === 'exception' && missing('exception')) {
    refuse('exception', 'exception not provided', 'Write exception: java.io.IOException("BOOM")')
  }
  if (action === 'return' && missing('returnValue')) {
    const written = filledAt(spec, 'value')
    const note =
      written === undefined ? '' : `; \`value\` ("${written}") is the mode's value, not the method's`
    refuse(
      'returnValue',
      `value not provided: action return needs returnValue${note}`,
      `Write returnValue: "${written ?? 1}"`,
    )
  }
  if (action === 'latency' && noLatency) refuse('latency', 'latency not provided', 'Write latency: 500 (ms)')
  if (action === 'ruleData' && missing('ruleData'))
    refuse('ruleData', 'rule data not provide: ruleData must be set')
  if (action === 'stress') checkStress(spec, refuse)
  if (action !== 'mysql') return
  const version = filledAt(spec, 'mysqlConnectorVersion')
  if (version === undefined) refuse('mysqlConnectorVersion', 'MySQL connector version not provided')
  else if (version !== '5' && version !== '8') {
    const why = `MySQL connector version only support 5.X.X(set to 5) and 8.X.X(set to 8): current value is "${version}"`
    refuse('mysqlConnectorVersion', why)
  }
  if (missing('exception') && noLatency) refuse('action', 'must set one of exception or latency')
}

function checkStress(spec: Fields, refuse: (name: string, why: string) => void): void {
  const cpuCount = numberAt(spec, 'cpuCount') ?? 0
  const memType = filledAt(spec, 'memType')
  if (cpuCount === 0 && memType === undefined) {
    refuse('action', "must set one of cpu-count and mem-type when action is 'stress' (cpuCount, memType)")
  }
  if (cpuCount > 0 && memType !== undefined) {
    refuse('memType', 'inject stress on both CPU and memory is not support now: set cpuCount or memType')
  }
  if (memType !== undefined && memType !== 'stack' && memType !== 'heap') {
    refuse('memType', `value should be 'stack' or 'heap': current value is "${memType}"`)
  }
}
