import { quantity, record, text } from './schema.ts'

/** What a container and a volume of a Workflow's Task have in common. */
export const fieldRef = record({ apiVersion: text, 'fieldPath*': text })

export const resourceFieldRef = record({ containerName: text, divisor: quantity, 'resource*': text })
