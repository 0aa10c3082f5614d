import { embeddedSpecs } from './embeddable.ts'
import { flag, int, listOf, mapOf, oneOf, record, type Schema, text } from './schema.ts'
import { statusCheckSpec } from './status-check.ts'
import { container } from './task-container.ts'
import { volumes } from './task-volumes.ts'

/** Fields of a Schedule and of a Template's schedule; only the former has a default for its policy. */
export const scheduleFields: Readonly<Record<string, Schema>> = {
  ...embeddedSpecs,
  concurrencyPolicy: oneOf('Forbid', 'Allow'),
  historyLimit: int({ min: 1 }),
  'schedule*': text,
  startingDeadlineSeconds: { type: 'integer', above: 0, nullable: true },
  'type*': text,
}

/** What a template and the node made of it have alike. */
export const templateParts: Readonly<Record<string, Schema>> = {
  ...embeddedSpecs,
  abortWithStatusCheck: flag,
  children: listOf(text),
  conditionalBranches: listOf(record({ expression: text, 'target*': text })),
  deadline: text,
  schedule: record(scheduleFields),
  statusCheck: statusCheckSpec,
  task: record({ container, labels: mapOf(text), volumes }),
}

export const workflowSpec: Schema = record({
  'entry*': text,
  'templates*': listOf(record({ ...templateParts, 'name*': text, 'templateType*': text })),
})
