import { suggestion } from '../did-you-mean.ts'
import { embeddable, embeddedSpecs } from './embeddable.ts'
import { at, type Fields, fieldsAt, filledAt, listAt, textAt, textsAt } from './fields.ts'
import { type ChaosKind, clusterOnly } from './kind.ts'
import { isDnsSubdomain } from './metadata.ts'
import type { Report } from './report.ts'
import { doubtCycles, doubtTemplate } from './workflow-doubts.ts'
import { workflowSpec } from './workflow-spec.ts'

const TYPES = ['Task', 'Serial', 'Parallel', 'Suspend', 'StatusCheck', 'Schedule']

export const workflow: ChaosKind = {
  kind: 'Workflow',
  spec: workflowSpec,
  webhook: checkWorkflow,
  doubts(spec, report) {
    for (const [i, template] of templatesOf(spec).entries()) {
      doubtTemplate(template, namesOf(spec), report.below('templates', i))
    }
    doubtCycles(templatesOf(spec), report)
  },
  fault: clusterOnly('Workflow'),
}

export function checkWorkflow(spec: Fields, report: Report): void {
  const templates = templatesOf(spec)
  const names = namesOf(spec)
  const entry = textAt(spec, 'entry') ?? ''
  if (!names.includes(entry)) {
    const why = `entry must name a template: can not find a template with name ${entry}`
    report.error(['entry'], 'no-template', why, suggestion(entry, names))
  }
  if (templates.length === 0)
    report.error(['templates'], 'no-templates', 'templates in workflow could not be empty')
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].sort()
  if (twice.length > 0) {
    report.error(
      ['templates'],
      'duplicate-name',
      `template name must be unique, duplicated names: [${twice.join(' ')}]`,
    )
  }
  for (const [i, template] of templates.entries())
    checkTemplate(template, names, report.below('templates', i))
}

function checkTemplate(template: Fields, names: readonly string[], report: Report): void {
  const name = textAt(template, 'name') ?? ''
  if (!isDnsSubdomain(name)) {
    const why = `field name must be DNS-1123 subdomain, lower case letters, digits, - and .: current value is ${JSON.stringify(name)}`
    report.error(
      ['name'],
      'name',
      why,
      `Write name: ${name.toLowerCase().replace(/[^a-z0-9.-]+/g, '-') || 'step-1'}`,
    )
  }
  const type = textAt(template, 'templateType') ?? ''
  const chaos = embeddable.find((kind) => kind.kind === type)
  if (chaos === undefined && !TYPES.includes(type)) {
    const known = [...TYPES, ...embeddable.map((kind) => kind.kind)]
    report.error(
      ['templateType'],
      'template-type',
      `unrecognized template type: ${type}`,
      suggestion(type, known),
    )
    return
  }
  if (type === 'Suspend' && filledAt(template, 'deadline') === undefined) {
    const why = 'deadline in template with type Suspend could not be empty'
    report.error(['deadline'], 'deadline', why, 'Write deadline: 30s')
  }
  if (type === 'Serial' || type === 'Parallel') checkChildren(template, names, report)
  checkForeignParts(template, type, chaos, report)
  if (chaos !== undefined) checkChaos(template, chaos, report)
  checkSchedulePolicy(template, report)
}

function checkChildren(template: Fields, names: readonly string[], report: Report): void {
  for (const [i, child] of textsAt(template, 'children').entries()) {
    if (names.includes(child)) continue
    const why = `children must name templates: can not find a template with name ${child}`
    report.error(['children', i], 'no-template', why, suggestion(child, names))
  }
}

/** Which parts a template of this type may not have. */
function checkForeignParts(
  template: Fields,
  type: string,
  chaos: ChaosKind | undefined,
  report: Report,
): void {
  const group = type === 'Serial' || type === 'Parallel'
  const has = {
    Task: fieldsAt(template, 'task') !== undefined && type !== 'Task',
    Children: listAt(template, 'children').length > 0 && !group,
    ConditionalBranches: listAt(template, 'conditionalBranches').length > 0 && type !== 'Task',
    Schedule: fieldsAt(template, 'schedule') !== undefined && type !== 'Schedule',
    'any Chaos':
      chaos === undefined && Object.keys(embeddedSpecs).some((key) => at(template, key) !== undefined),
  }
  for (const [part, present] of Object.entries(has)) {
    if (present)
      report.error([], 'foreign-part', `this template should not contain ${part}: its type is ${type}`)
  }
}

function checkChaos(template: Fields, chaos: ChaosKind, report: Report): void {
  const key = chaos.embedKey ?? ''
  const spec = fieldsAt(template, key)
  if (spec === undefined) {
    const why = `the value of chaos ${chaos.kind} is required: ${key} is missing (Chaos Mesh's webhook panics on this)`
    report.error([key], 'template-body', why, `Add ${key}: …`)
    return
  }
  if (spec.duration !== undefined) {
    const why = 'should not define duration in chaos when using Workflow, use Template#Deadline instead.'
    report.error(
      [key, 'duration'],
      'workflow-duration',
      why,
      `Move it: deadline: ${textAt(spec, 'duration')}`,
    )
  }
  chaos.webhook?.(spec, report.below(key))
}

/** The mutating webhook writes an empty policy into a template's schedule, which the schema then refuses. */
export function checkSchedulePolicy(template: unknown, report: Report): void {
  const schedule = fieldsAt(template, 'schedule')
  if (schedule === undefined || schedule.concurrencyPolicy !== undefined) return
  const why =
    'concurrencyPolicy must be set in a template: Chaos Mesh writes "" there and then refuses it (Unsupported value: "")'
  report.error(['schedule', 'concurrencyPolicy'], 'schedule-policy', why, 'Add concurrencyPolicy: Forbid')
}

function templatesOf(spec: Fields): readonly Fields[] {
  return listAt(spec, 'templates').map((item) => fieldsAt({ item }, 'item') ?? {})
}

function namesOf(spec: Fields): readonly string[] {
  return templatesOf(spec).map((template) => textAt(template, 'name') ?? '')
}
