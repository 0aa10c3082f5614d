import type { Mode, Selector, Targeting } from '../../model/fault.ts'
import { parseGoInt } from '../go-numbers.ts'
import { type Fields, fieldsAt, filledAt, listAt, textAt, textMapAt, textsAt } from './fields.ts'
import { type Report, ruleText } from './report.ts'
import { listOf, mapOf, oneOf, record, type Schema, text } from './schema.ts'

const generic = {
  annotationSelectors: mapOf(text),
  expressionSelectors: listOf(record({ 'key*': text, 'operator*': text, values: listOf(text) })),
  fieldSelectors: mapOf(text),
  labelSelectors: mapOf(text),
  namespaces: listOf(text),
}
const podSelector = record({
  ...generic,
  nodeSelectors: mapOf(text),
  nodes: listOf(text),
  podPhaseSelectors: listOf(text),
  pods: mapOf(listOf(text)),
})
export const machineSelector: Schema = record({ ...generic, physicalMachines: mapOf(listOf(text)) })
export const modeWord: Schema = oneOf('one', 'all', 'fixed', 'fixed-percent', 'random-max-percent')

/** `selector`, `mode`, `value`, and what every chaos kind has. */
export const podTarget = { 'mode*': modeWord, 'selector*': podSelector, value: text }
export const common = { duration: text, remoteCluster: text }
export const podFields = { ...podTarget, ...common }
export const containerFields = { ...podFields, containerNames: listOf(text) }

/** What the webhook says about `mode` and `value`. */
export function checkMode(spec: Fields, report: Report): void {
  const mode = textAt(spec, 'mode')
  if (mode !== 'fixed' && mode !== 'fixed-percent' && mode !== 'random-max-percent') return
  const value = textAt(spec, 'value') ?? ''
  const count = parseGoInt(value)
  const fix = mode === 'fixed' ? 'Write value: "1"' : 'Write value: "50"'
  const refuse = (why: string) =>
    report.error(['value'], 'mode-value', ruleText([...report.base, 'value'], why, spec.value), fix)
  if (!count.ok)
    refuse(`must be an integer in quotes with mode ${mode} (parse value field error:${count.error})`)
  else if (mode === 'fixed' && count.value <= 0)
    refuse('must be at least 1 (value must be greater than 0 with mode:fixed)')
  else if (mode !== 'fixed' && (count.value <= 0 || count.value > 100)) {
    refuse(`must be 1 to 100 (value of ${value} is invalid, Must be (0,100] with mode:${mode})`)
  }
}

/** The selector with the mutating webhook's default: the object's own namespace. */
export function targetingOf(spec: Fields, namespace: string): Targeting | undefined {
  const selector = fieldsAt(spec, 'selector')
  if (selector === undefined) return undefined
  return {
    selector: selectorOf(selector, namespace),
    mode: modeOf(spec),
    containerNames: textsAt(spec, 'containerNames'),
  }
}

function selectorOf(selector: Fields, namespace: string): Selector {
  const namespaces = textsAt(selector, 'namespaces')
  const pods = Object.entries(fieldsAt(selector, 'pods') ?? {})
  return {
    pods: Object.fromEntries(pods.map(([name]) => [name, textsAt(selector, 'pods', name)])),
    namespaces: namespaces.length > 0 ? namespaces : [namespace],
    labelSelectors: textMapAt(selector, 'labelSelectors'),
    expressionSelectors: listAt(selector, 'expressionSelectors').flatMap(expressionOf),
    annotationSelectors: textMapAt(selector, 'annotationSelectors'),
    fieldSelectors: textMapAt(selector, 'fieldSelectors'),
    podPhaseSelectors: textsAt(selector, 'podPhaseSelectors'),
    nodes: textsAt(selector, 'nodes'),
    nodeSelectors: textMapAt(selector, 'nodeSelectors'),
  }
}

function expressionOf(value: unknown): Selector['expressionSelectors'][number][] {
  const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const
  const operator = operators.find((word) => word === textAt(value, 'operator'))
  const key = textAt(value, 'key')
  return operator === undefined || key === undefined
    ? []
    : [{ key, operator, values: textsAt(value, 'values') }]
}

function modeOf(spec: Fields): Mode {
  const value = Number(filledAt(spec, 'value') ?? 0)
  switch (textAt(spec, 'mode')) {
    case 'one':
      return { kind: 'one' }
    case 'fixed':
      return { kind: 'fixed', count: value }
    case 'fixed-percent':
      return { kind: 'fixed-percent', percent: value }
    case 'random-max-percent':
      return { kind: 'random-max-percent', percentMax: value }
    default:
      return { kind: 'all' }
  }
}
