import { cronError } from '../cron.ts'
import { isObject } from '../json-shape.ts'
import { type Fields, fieldsAt, filledAt, textAt } from './fields.ts'
import { API_VERSION } from './kinds.ts'
import type { Report } from './report.ts'

/** A document as Chaos Mesh 2 writes it, and the schedule that 1.x had inside the spec. */
export type Modern = { readonly value: Fields; readonly cron: string | undefined }

const RENAMED: Readonly<Record<string, string>> = {
  IoChaos: 'IOChaos',
  AwsChaos: 'AWSChaos',
  GcpChaos: 'GCPChaos',
  HttpChaos: 'HTTPChaos',
  DnsChaos: 'DNSChaos',
  JvmChaos: 'JVMChaos',
}

/** Whether a document speaks of Chaos Mesh at all, in any of its versions. */
export function isChaosMesh(value: Fields): boolean {
  return /^(?:[a-z.]*chaos-mesh\.org|pingcap\.com)\//.test(textAt(value, 'apiVersion') ?? '')
}

/** Reads the forms of Chaos Mesh 0.8 and 1.x as their authors meant them; every change is a warning. */
export function modernise(value: Fields, report: Report): Modern {
  const changed: Record<string, unknown> = { ...value }
  const kind = textAt(value, 'kind') ?? ''
  if (textAt(value, 'apiVersion') === 'pingcap.com/v1alpha1') {
    changed.apiVersion = API_VERSION
    report.warning(
      ['apiVersion'],
      'legacy-api',
      `pingcap.com is the group of Chaos Mesh 0.8: read as ${API_VERSION}`,
    )
  }
  if (Object.hasOwn(RENAMED, kind)) {
    changed.kind = RENAMED[kind]
    report.warning(
      ['kind'],
      'legacy-kind',
      `${kind} is the 1.x name of ${RENAMED[kind]}: Chaos Mesh 2 does not know it`,
      `Write kind: ${RENAMED[kind]}`,
    )
  }
  const spec = fieldsAt(value, 'spec')
  if (spec === undefined || kind === 'Schedule' || kind === 'Workflow')
    return { value: changed, cron: undefined }
  const modern: Record<string, unknown> = { ...spec }
  const cron = takeScheduler(modern, kind, report)
  takeContainerName(modern, report)
  if (changed.kind === 'DNSChaos') takeDnsScope(modern, report)
  if (changed.kind === 'HTTPChaos' && modern.target === undefined && modern.action !== undefined) {
    const why = 'HTTPChaos of Chaos Mesh 1.x (action, percent) has another form, which cannot be converted'
    report.error(
      ['spec', 'action'],
      'legacy-http',
      why,
      'Write target: Request, port and abort, delay, replace or patch',
    )
  }
  return { value: { ...changed, spec: modern }, cron }
}

/** The manifest as the official migration tool would have written it. */
export function scheduleManifest(
  metadata: Fields,
  cron: string,
  kind: { readonly kind: string; readonly embedKey?: string },
  spec: Fields,
): Fields {
  return {
    apiVersion: API_VERSION,
    kind: 'Schedule',
    metadata,
    spec: {
      schedule: cron,
      type: kind.kind,
      historyLimit: 5,
      concurrencyPolicy: 'Forbid',
      [kind.embedKey ?? '']: spec,
    },
  }
}

function takeScheduler(spec: Record<string, unknown>, kind: string, report: Report): string | undefined {
  const scheduler = spec.scheduler
  if (scheduler === undefined) return undefined
  delete spec.scheduler
  const cron = filledAt(scheduler, 'cron')
  const error = cron === undefined ? 'cron is missing' : cronError(cron)
  if (cron === undefined || error !== undefined) {
    // Chaos Mesh 2 drops the field unread, so what it holds is no reason to refuse the file.
    const path = cron === undefined ? ['spec', 'scheduler'] : ['spec', 'scheduler', 'cron']
    const why = `the scheduler of Chaos Mesh 1.x cannot be read (${error}): the fault runs once, as Chaos Mesh 2 runs it`
    report.warning(path, 'legacy-scheduler', why, 'Write kind: Schedule with schedule: "@every 10m"')
    return undefined
  }
  const first = cron.includes('@every')
    ? '; 2.x starts the first round one period after creation, 1.x at once'
    : ''
  const why = `spec.scheduler is the 1.x form, Chaos Mesh 2 drops it silently and runs the fault once: read as a Schedule (${cron})${first}`
  report.warning(
    ['spec', 'scheduler'],
    'legacy-scheduler',
    why,
    `Write kind: Schedule with schedule: "${cron}" and type: ${RENAMED[kind] ?? kind}`,
  )
  return cron
}

function takeContainerName(spec: Record<string, unknown>, report: Report): void {
  if (typeof spec.containerName !== 'string' || spec.containerNames !== undefined) return
  spec.containerNames = spec.containerName === '' ? [] : [spec.containerName]
  delete spec.containerName
  const why = 'containerName is the 1.x form: read as containerNames'
  report.warning(
    ['spec', 'containerName'],
    'legacy-field',
    why,
    `Write containerNames: ${JSON.stringify(spec.containerNames)}`,
  )
}

function takeDnsScope(spec: Record<string, unknown>, report: Report): void {
  const scope = spec.scope
  if (scope === undefined) return
  delete spec.scope
  if (scope === 'all') {
    spec.patterns ??= ['*']
    report.warning(
      ['spec', 'scope'],
      'legacy-field',
      'scope is the 1.x form: read as patterns: ["*"]',
      'Write patterns: ["*"]',
    )
  } else {
    const why = `scope ${JSON.stringify(scope)} of Chaos Mesh 1.x has no like in 2.x and is dropped: without patterns every name is hit`
    report.warning(['spec', 'scope'], 'legacy-field', why, 'Write patterns: [name.*]')
  }
}

/** The items of a `kind: List` or `NetworkChaosList`, or the document itself; each with its path. */
export function itemsOfDocument(
  value: unknown,
): readonly { path: readonly (string | number)[]; value: unknown }[] {
  if (!isObject(value) || !/List$/.test(textAt(value, 'kind') ?? '') || !Array.isArray(value.items))
    return [{ path: [], value }]
  return value.items.map((item: unknown, i) => ({ path: ['items', i], value: item }))
}
