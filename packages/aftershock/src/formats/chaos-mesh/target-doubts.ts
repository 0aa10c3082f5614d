import { type Fields, fieldsAt, listAt, textAt, textMapAt, textsAt } from './fields.ts'
import { type Report, ruleText } from './report.ts'

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']
/** Fields of a pod that an API server selects by. */
const POD_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'status.phase',
  'status.podIP',
  'status.nominatedNodeName',
]

/** Selectors that pass and then select nothing, or not what they say. */
export function doubtTarget(spec: Fields, report: Report): void {
  if (textAt(spec, 'mode') === 'random-max-percent') {
    const why = 'random-max-percent draws a share between 0 and value: it may select no pod at all'
    report.warning(['mode'], 'may-select-none', why, 'Use fixed-percent')
  }
  const selector = fieldsAt(spec, 'selector') ?? {}
  const below = report.below('selector')
  for (const [i, expression] of listAt(selector, 'expressionSelectors').entries())
    doubtExpression(expression, below.below('expressionSelectors', i))
  for (const [i, phase] of textsAt(selector, 'podPhaseSelectors').entries()) {
    if (PHASES.includes(phase.replace(/^!/, ''))) continue
    const rule = `must be one of ${PHASES.join(', ')}, with or without ! before it, to match a pod`
    doubt(['podPhaseSelectors', i], 'bad-phase', rule, phase, below)
  }
  for (const name of Object.keys(textMapAt(selector, 'fieldSelectors'))) {
    if (POD_FIELDS.includes(name)) continue
    const rule = `must be one of ${POD_FIELDS.join(', ')}, or selecting fails`
    doubt(['fieldSelectors', name], 'bad-field', rule, name, below)
  }
  doubtPods(selector, below)
}

function doubtExpression(expression: unknown, report: Report): void {
  const operator = textAt(expression, 'operator') ?? ''
  const count = listAt(expression, 'values').length
  if (operator === 'In' || operator === 'NotIn') {
    const why = `operator ${operator} needs values, or selecting fails: there are none`
    if (count === 0) report.warning(['values'], 'bad-operator', why, 'Add values: [a]')
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const why = `operator ${operator} takes no values, or selecting fails: there are ${count}`
    if (count > 0) report.warning(['values'], 'bad-operator', why, 'Remove values')
  } else {
    const rule = 'must be In, NotIn, Exists or DoesNotExist, or selecting fails'
    doubt(['operator'], 'bad-operator', rule, operator, report)
  }
}

function doubtPods(selector: Fields, report: Report): void {
  const named = Object.keys(fieldsAt(selector, 'pods') ?? {}).length > 0
  const others = Object.entries(selector)
    .filter(([name, value]) => name !== 'pods' && Object.keys(Object(value)).length > 0)
    .map(([name]) => name)
  if (!named || others.length === 0) return
  const why = `pods are named, so Chaos Mesh ignores every other selector: ${others.join(', ')}`
  report.warning(['pods'], 'selector-overridden', why, 'Remove pods, or the others')
}

function doubt(
  path: readonly (string | number)[],
  code: string,
  rule: string,
  value: string,
  report: Report,
): void {
  report.warning(path, code, ruleText([...report.base, ...path], rule, value))
}
