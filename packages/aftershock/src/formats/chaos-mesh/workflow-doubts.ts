import { cronError } from '../cron.ts'
import { parseGoDuration } from '../go-duration.ts'
import { embeddable } from './embeddable.ts'
import { type Fields, fieldsAt, filledAt, listAt, textAt, textsAt } from './fields.ts'
import type { Report } from './report.ts'

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
  doubtTargets(template, type, names, report)
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
  const cron = textAt(template, 'schedule', 'schedule')
  const error = cron === undefined ? undefined : cronError(cron)
  if (error === undefined) return
  report.warning(['schedule', 'schedule'], 'cron', `the schedule is no cron expression: ${error}`)
}

function doubtTargets(template: Fields, type: string, names: readonly string[], report: Report): void {
  for (const [i, branch] of listAt(template, 'conditionalBranches').entries()) {
    const target = textAt(branch, 'target') ?? ''
    if (names.includes(target)) continue
    const why = `a branch must lead to a template: there is none named ${JSON.stringify(target)}`
    report.warning(['conditionalBranches', i, 'target'], 'no-template', why)
  }
  const own = textAt(template, 'name') ?? ''
  if ((type === 'Serial' || type === 'Parallel') && textsAt(template, 'children').includes(own)) {
    report.warning(['children'], 'cycle', `template ${own} is its own child: the workflow never ends`)
  }
}
