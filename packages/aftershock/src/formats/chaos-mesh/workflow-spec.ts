import { embeddedSpecs } from './embeddable.ts'
import { anything, flag, int, listOf, mapOf, oneOf, record, type Schema, text } from './schema.ts'
import { statusCheckSpec } from './status-check.ts'

/** Fields of a Schedule and of a Template's schedule; only the former has a default for its policy. */
export const scheduleFields: Readonly<Record<string, Schema>> = {
  ...embeddedSpecs,
  concurrencyPolicy: oneOf('Forbid', 'Allow'),
  historyLimit: int({ min: 1 }),
  'schedule*': text,
  startingDeadlineSeconds: { type: 'integer', above: 0, nullable: true },
  'type*': text,
}

export const workflowSpec: Schema = record({
  'entry*': text,
  'templates*': listOf(
    record({
      ...embeddedSpecs,
      abortWithStatusCheck: flag,
      children: listOf(text),
      conditionalBranches: listOf(record({ expression: text, 'target*': text })),
      deadline: text,
      'name*': text,
      schedule: record(scheduleFields),
      statusCheck: statusCheckSpec,
      task: record({
        container: { type: 'any', required: ['name'] },
        labels: mapOf(text),
        volumes: listOf(anything),
      }),
      'templateType*': text,
    }),
  ),
})
