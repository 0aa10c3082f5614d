import { isGoRequestUri } from '../go-url.ts'
import { checkDuration } from './checks.ts'
import { type Fields, fieldsAt, filledAt, listAt, textAt } from './fields.ts'
import { type ChaosKind, clusterOnly } from './kind.ts'
import { machineActionError } from './machine-actions.ts'
import { machineSpecs } from './machine-specs.ts'
import type { Report } from './report.ts'
import { listOf, oneOf, record, text } from './schema.ts'
import { common, machineSelector, modeWord } from './targeting.ts'

/** The structs of the HTTP attacks exist upstream, their actions do not. */
const NO_ACTIONS = ['http-abort', 'http-config', 'http-delay', 'http-request']

export const physicalMachineChaos: ChaosKind = {
  kind: 'PhysicalMachineChaos',
  embedKey: 'physicalmachineChaos',
  spec: record({
    ...common,
    ...machineSpecs,
    'action*': oneOf(...Object.keys(machineSpecs).filter((name) => !NO_ACTIONS.includes(name))),
    address: listOf(text),
    'mode*': modeWord,
    selector: machineSelector,
    uid: text,
    value: text,
  }),
  webhook: checkMachine,
  doubts: doubtMachine,
  fault: clusterOnly('PhysicalMachineChaos'),
}

export const physicalMachine: ChaosKind = {
  kind: 'PhysicalMachine',
  spec: record({ 'address*': text }),
  webhook(spec, report) {
    const address = textAt(spec, 'address') ?? ''
    if (address === '') report.error(['address'], 'address', 'the address is required')
    else if (!isGoRequestUri(address.startsWith('http') ? address : `http://${address}`)) {
      const why = `the address is invalid, parse error: current value is ${JSON.stringify(address)}`
      report.error(['address'], 'address', why, 'Write address: 10.0.0.5:31768')
    }
  },
}

function doubtMachine(spec: Fields, report: Report): void {
  for (const name of Object.keys(machineSpecs)) {
    if (spec[name] === undefined || name === spec.action) continue
    report.warning([name], 'extra-body', `${name} is ignored: action is ${spec.action}`, `Remove ${name}`)
  }
}

function checkMachine(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  const action = textAt(spec, 'action') ?? ''
  const body = fieldsAt(spec, action)
  const addresses = listAt(spec, 'address')
  const selects = Object.values(fieldsAt(spec, 'selector') ?? {}).some(
    (value) => Object.keys(Object(value)).length > 0,
  )
  if (addresses.length === 0 && !selects) {
    report.error(
      ['address'],
      'address',
      'one of address or selector should be specified',
      'Add address: [10.0.0.5:31768]',
    )
  }
  if (addresses.length > 0 && selects) {
    report.error(
      ['address'],
      'address',
      'only one of address or selector could be specified',
      'Remove one of them',
    )
  }
  if (body === undefined) {
    const why = `the configuration corresponding to action is required: ${action} is missing`
    report.error([action], 'action-body', why, `Add ${action}: …`)
    return
  }
  const error = machineActionError(action, body)
  if (error !== undefined) report.error([action], 'action-parameter', `${action}: ${error}`)
  const bandwidth = fieldsAt(spec, 'network-bandwidth')
  if (bandwidth !== undefined && filledAt(bandwidth, 'rate') === undefined) {
    report.error(['network-bandwidth', 'rate'], 'rate', 'rate is required')
  }
}
