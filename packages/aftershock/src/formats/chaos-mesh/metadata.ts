import { isObject } from '../json-shape.ts'
import { checkSchema } from './check-schema.ts'
import { type Fields, filledAt, listAt, textMapAt, textsAt } from './fields.ts'
import { type Report, ruleText } from './report.ts'
import { anyObject, flag, integer, listOf, mapOf, moment, record, text } from './schema.ts'

/** Kubernetes' ObjectMeta. */
const metadataSchema = record({
  annotations: mapOf(text),
  creationTimestamp: moment,
  deletionGracePeriodSeconds: integer,
  deletionTimestamp: moment,
  finalizers: listOf(text),
  generateName: text,
  generation: integer,
  labels: mapOf(text),
  managedFields: listOf(anyObject),
  name: text,
  namespace: text,
  ownerReferences: listOf(
    record({
      apiVersion: text,
      blockOwnerDeletion: flag,
      controller: flag,
      kind: text,
      name: text,
      uid: text,
    }),
  ),
  resourceVersion: text,
  selfLink: text,
  uid: text,
})

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const NAME_PART = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

/** A lowercase RFC 1123 subdomain: what Kubernetes takes for the name of most things. */
export function isDnsSubdomain(name: string): boolean {
  return name.length <= 253 && DNS_SUBDOMAIN.test(name)
}

/** What an API server asks of the metadata of any object. */
export function checkMetadata(value: Fields, report: Report): void {
  const metadata = value.metadata ?? {}
  const below = report.below('metadata')
  const checked = checkSchema(metadataSchema, metadata, below)
  if (!isObject(checked) || !isObject(metadata)) return
  // A RemoteCluster belongs to no namespace.
  checkNames(checked, value.kind === 'RemoteCluster' ? undefined : filledAt(checked, 'namespace'), below)
  for (const [key, label] of Object.entries(textMapAt(checked, 'labels'))) {
    checkQualifiedName(key, ['labels', key], below)
    if (label === '' || (label.length <= 63 && NAME_PART.test(label))) continue
    const rule = 'must be at most 63 letters, digits, -, _ and ., with a letter or digit at both ends'
    below.error(['labels', key], 'label', ruleText([...below.base, 'labels', key], rule, label))
  }
  for (const key of Object.keys(textMapAt(checked, 'annotations'))) {
    checkQualifiedName(key.toLowerCase(), ['annotations', key], below)
  }
  for (const [i, name] of textsAt(checked, 'finalizers').entries()) {
    checkQualifiedName(name, ['finalizers', i], below)
  }
  for (const [i, owner] of listAt(checked, 'ownerReferences').entries()) {
    for (const name of ['apiVersion', 'kind', 'name', 'uid']) {
      if (filledAt(owner, name) !== undefined) continue
      const why = `metadata.ownerReferences[${i}].${name} must be set: it is missing`
      below.error(['ownerReferences', i, name], 'required', why)
    }
  }
}

function checkNames(metadata: Fields, namespace: string | undefined, report: Report): void {
  const name = filledAt(metadata, 'name')
  const prefix = filledAt(metadata, 'generateName')
  const fix = 'Write metadata: { name: payment-delay }'
  const refuse = (field: string, value: string, rule: string) =>
    report.error([field], 'name', ruleText([...report.base, field], rule, value), fix)
  if (name === undefined && prefix === undefined) {
    report.error(['name'], 'name', 'metadata.name must be set: it is missing', fix)
  }
  const rule = 'must be lower case letters, digits, - and . (a lowercase RFC 1123 subdomain)'
  if (name !== undefined && !isDnsSubdomain(name)) refuse('name', name, rule)
  if (prefix !== undefined && !isPrefix(prefix, name === undefined)) refuse('generateName', prefix, rule)
  if (namespace !== undefined && !(namespace.length <= 63 && DNS_LABEL.test(namespace))) {
    refuse('namespace', namespace, 'must be at most 63 lower case letters, digits and - (RFC 1123 label)')
  }
}

/** The server cuts it at 58 characters and writes five of its own behind it. */
function isPrefix(prefix: string, isUsed: boolean): boolean {
  const masked = prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix
  return isDnsSubdomain(masked) && (!isUsed || isDnsSubdomain(`${prefix.slice(0, 58)}x`))
}

/** `app`, `chaos-mesh.org/inject`. */
function checkQualifiedName(key: string, path: readonly (string | number)[], report: Report): void {
  const [name, prefix, ...more] = key.split('/').toReversed()
  const isName = name.length <= 63 && NAME_PART.test(name)
  if (isName && more.length === 0 && (prefix === undefined || isDnsSubdomain(prefix))) return
  const rule = 'needs a name of letters, digits, -, _ and ., with or without a DNS name and / before it'
  report.error(path, 'qualified-name', ruleText([...report.base, ...path], rule, key))
}
