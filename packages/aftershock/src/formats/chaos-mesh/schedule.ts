import { cronError, everyMs } from '../cron.ts'
import { suggestion } from '../did-you-mean.ts'
import { goDurationMs } from '../go-duration.ts'
import { doubtCommon } from './common-doubts.ts'
import { embeddable, embeddedSpecs, ONE_SHOT_ACTIONS } from './embeddable.ts'
import { at, type Fields, fieldsAt, filledAt, listAt, numberAt, textAt } from './fields.ts'
import type { ChaosKind } from './kind.ts'
import { type Report, ruleText, warnOfStart } from './report.ts'
import { record, type Schema } from './schema.ts'
import { checkSchedulePolicy, checkWorkflow } from './workflow.ts'
import { scheduleFields, workflowSpec } from './workflow-spec.ts'

const policy: Schema = { type: 'string', words: ['Forbid', 'Allow'], byDefault: 'Forbid' }

export const schedule: ChaosKind = {
  kind: 'Schedule',
  spec: record({ ...scheduleFields, concurrencyPolicy: policy, workflow: workflowSpec }),
  webhook: checkSchedule,
  doubts: doubtSchedule,
}

/** The kind and spec that a Schedule repeats. */
export function embeddedOf(spec: Fields): { kind: ChaosKind; key: string; spec: Fields } | undefined {
  const kind = embeddable.find((one) => one.kind === textAt(spec, 'type'))
  const embedded = kind?.embedKey === undefined ? undefined : fieldsAt(spec, kind.embedKey)
  return kind?.embedKey === undefined || embedded === undefined
    ? undefined
    : { kind, key: kind.embedKey, spec: embedded }
}

function checkSchedule(spec: Fields, report: Report): void {
  checkCron(textAt(spec, 'schedule') ?? '', ['schedule'], report)
  const type = textAt(spec, 'type') ?? ''
  for (const [i, template] of listAt(spec, 'workflow', 'templates').entries()) {
    checkSchedulePolicy(template, report.below('workflow', 'templates', i))
  }
  if (type === 'Workflow') return
  const kind = embeddable.find((one) => one.kind === type)
  const types = [...embeddable.map((one) => one.kind), 'Workflow']
  if (kind?.embedKey === undefined) {
    const rule = `must be a kind of chaos or Workflow (unknown template type ${type})`
    report.error(
      ['type'],
      'schedule-type',
      ruleText([...report.base, 'type'], rule, type),
      suggestion(type, types),
    )
    return
  }
  const embedded = fieldsAt(spec, kind.embedKey)
  if (embedded === undefined) {
    const found =
      types.length > 0 ? Object.keys(embeddedSpecs).find((key) => spec[key] !== undefined) : undefined
    const why = `type ${type} needs its spec under ${kind.embedKey}: ${found === undefined ? 'it is missing' : `there is only ${found}`} (Chaos Mesh's webhook panics on this)`
    report.error([kind.embedKey], 'schedule-body', why, `Add ${kind.embedKey}: …`)
    return
  }
  kind.webhook?.(embedded, report.below(kind.embedKey))
}

function doubtWorkflow(spec: Fields, report: Report): void {
  const workflow = fieldsAt(spec, 'workflow')
  if (workflow === undefined) {
    report.warning(
      ['workflow'],
      'schedule-body',
      'type Workflow needs workflow: it is missing',
      'Add workflow: …',
    )
    return
  }
  warnOfStart(report, 'workflow', (found) => checkWorkflow(workflow, found))
}

function checkCron(cron: string, path: readonly string[], report: Report): void {
  const error = cronError(cron)
  if (error === undefined) return
  const rule = `must be a cron expression (parse schedule field error:${error})`
  const fix = 'Write for example "@every 10m" or "*/10 * * * *"'
  report.error(path, 'cron', ruleText([...report.base, ...path], rule, cron), fix)
}

function doubtSchedule(spec: Fields, report: Report): void {
  const embedded = embeddedOf(spec)
  for (const key of Object.keys(embeddedSpecs)) {
    if (at(spec, key) === undefined || key === embedded?.key) continue
    report.warning([key], 'extra-body', `${key} is ignored: type is ${textAt(spec, 'type')}`, `Remove ${key}`)
  }
  if (numberAt(spec, 'historyLimit') === undefined) {
    const why =
      'historyLimit is missing: Chaos Mesh then removes every finished run at once, with its records'
    report.warning(['historyLimit'], 'history-limit', why, 'Write historyLimit: 5')
  }
  if (textAt(spec, 'type') === 'Workflow') doubtWorkflow(spec, report)
  if (embedded === undefined) return
  doubtCommon(embedded.spec, report.below(embedded.key))
  embedded.kind.doubts?.(embedded.spec, report.below(embedded.key))
  const once = ONE_SHOT_ACTIONS.includes(textAt(embedded.spec, 'action') ?? '')
  const forbids = textAt(spec, 'concurrencyPolicy') !== 'Allow'
  if (!once && forbids && filledAt(embedded.spec, 'duration') === undefined) {
    const why = `${embedded.key} has no duration: the first run never ends, and with concurrencyPolicy Forbid no other one starts`
    report.warning([embedded.key], 'endless-schedule', why, 'Add duration: 30s')
  }
  const period = everyMs(textAt(spec, 'schedule') ?? '')
  const durationMs = goDurationMs(textAt(embedded.spec, 'duration') ?? '')
  if (!once && forbids && period !== undefined && durationMs !== undefined && durationMs > period) {
    const why = `a run lasts longer (${durationMs / 1000} s) than the period (${period / 1000} s): with concurrencyPolicy Forbid the runs between are left out`
    report.warning(
      [embedded.key, 'duration'],
      'overlapping-schedule',
      why,
      'Shorten duration, or write concurrencyPolicy: Allow',
    )
  }
  if (period === 1000 && /@every\s+0/.test(textAt(spec, 'schedule') ?? '')) {
    report.warning(['schedule'], 'every-second', 'a period below one second is rounded up to one second')
  }
}
