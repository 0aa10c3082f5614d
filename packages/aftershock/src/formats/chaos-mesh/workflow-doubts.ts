import { cronError } from '../cron.ts'
import { parseGoDuration } from '../go-duration.ts'
import { embeddable } from './embeddable.ts'
import { type Fields, fieldsAt, filledAt, listAt, textAt, textsAt } from './fields.ts'
import { type Report, warnOfStart } from './report.ts'
import { checkStatusCheck } from './status-check.ts'

/** What a template may say that is accepted and then hangs, or does nothing. */
export function doubtTemplate(template: Fields, names: readonly string[], report: Report): void {
  const type = textAt(template, 'templateType') ?? ''
  const chaos = embeddable.find((kind) => kind.kind === type)
  const deadline = filledAt(template, 'deadline')
  if (chaos !== undefined && deadline === undefined) {
    const why = 'a chaos template ends only by its deadline: without one the workflow never goes on'
    report.warning(['deadline'], 'endless-template', why, 'Add deadline: 30s')
  }
  const duration = deadline === undefined ? undefined : parseGoDuration(deadline)
  if (duration?.ok === false) {
    const why = `deadline must be a Go duration (${duration.error}): the API does not look, the controller fails`
    report.warning(['deadline'], 'duration', why, 'Write deadline: 30s')
  }
  const key = chaos?.embedKey
  const spec = key === undefined ? undefined : fieldsAt(template, key)
  if (chaos !== undefined && spec !== undefined) chaos.doubts?.(spec, report.below(key ?? ''))
  doubtParts(template, type, report)
  doubtBranches(template, names, report)
}

function doubtParts(template: Fields, type: string, report: Report): void {
  const part = { Task: 'task', StatusCheck: 'statusCheck', Schedule: 'schedule' }[type]
  if (part !== undefined && fieldsAt(template, part) === undefined) {
    report.warning(
      ['templateType'],
      'template-body',
      `a template of type ${type} needs ${part}: it is missing`,
    )
  }
  if ((type === 'Serial' || type === 'Parallel') && listAt(template, 'children').length === 0) {
    report.warning(
      ['templateType'],
      'no-children',
      `a template of type ${type} without children does nothing`,
    )
  }
  const check = type === 'StatusCheck' ? fieldsAt(template, 'statusCheck') : undefined
  if (check !== undefined) warnOfStart(report, 'statusCheck', (found) => checkStatusCheck(check, found))
  const scheduled = textAt(template, 'schedule', 'type') ?? ''
  if (type === 'Schedule' && ['AzureChaos', 'BlockChaos'].includes(scheduled)) {
    const why = `Chaos Mesh drops the spec of ${scheduled} in a Schedule of a Workflow: nothing is injected`
    report.warning(['schedule', 'type'], 'no-effect', why)
  }
  const cron = textAt(template, 'schedule', 'schedule')
  const error = cron === undefined ? undefined : cronError(cron)
  if (error === undefined) return
  report.warning(['schedule', 'schedule'], 'cron', `the schedule is no cron expression: ${error}`)
}

function doubtBranches(template: Fields, names: readonly string[], report: Report): void {
  for (const [i, branch] of listAt(template, 'conditionalBranches').entries()) {
    if (filledAt(branch, 'expression') === undefined) {
      const why =
        'a branch without expression is never taken: Chaos Mesh documents it as always, and fails to evaluate it'
      report.warning(
        ['conditionalBranches', i, 'expression'],
        'no-expression',
        why,
        'Write expression: "true"',
      )
    }
    const target = textAt(branch, 'target') ?? ''
    if (names.includes(target)) continue
    const why = `a branch must lead to a template: there is none named ${JSON.stringify(target)}`
    report.warning(['conditionalBranches', i, 'target'], 'no-template', why)
  }
}

/** A template that is reached again from its own children. */
export function doubtCycles(templates: readonly Fields[], report: Report): void {
  const children = new Map(
    templates
      .filter((one) => ['Serial', 'Parallel'].includes(textAt(one, 'templateType') ?? ''))
      .map((one) => [textAt(one, 'name') ?? '', textsAt(one, 'children')]),
  )
  for (const [i, template] of templates.entries()) {
    const own = textAt(template, 'name') ?? ''
    const reached = new Set(children.get(own))
    for (const name of reached) for (const next of children.get(name) ?? []) reached.add(next)
    if (!reached.has(own)) continue
    const why = `template ${own} is its own child, or its children's: the workflow never ends`
    report.warning(['templates', i, 'children'], 'cycle', why)
  }
}
