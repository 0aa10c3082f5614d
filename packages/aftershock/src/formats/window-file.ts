import { ascending } from '../model/order.ts'
import { type Decoded, decoded, type Problem, undecoded } from '../model/problem.ts'
import type { ExperimentJson, IntervalJson, WindowsJson } from '../model/result.ts'
import type { ExperimentFacts, Interval, PhaseName, TargetFacts, Windows } from '../model/window.ts'
import { type Field, itemsOf, objectTo, oneOrMore, refuse, rootField, textOf } from './decode.ts'
import { parseRfc3339, rfc3339 } from './rfc3339.ts'
import { inTextOrder, parseSource } from './source-text.ts'

/** A window file as JSON (design.md 5.4). */
export type WindowFileJson = {
  readonly experiment?: ExperimentJson
  readonly experiments: readonly ExperimentJson[]
  readonly windows: WindowsJson
  readonly peers?: Readonly<Record<string, string>>
}

const PHASES: readonly PhaseName[] = ['baseline', 'chaos', 'recovery']

/** Reads what `analyze` is told: a window file, or a run's result.json. Other fields are passed over. */
export function readWindowFile(text: string, file: string): Decoded<Windows> {
  const source = parseSource({ file, text })
  if (!source.ok) return source
  const [document, second] = source.value
  if (document === undefined || second !== undefined) {
    const why = `it must hold one document: it holds ${document === undefined ? 'none' : 'several'}`
    return undecoded({ code: 'documents', what: `Cannot read ${file}`, where: { file }, why })
  }
  const root = rootField(document, `Cannot read the windows of ${file}`)
  if (!isMapping(root)) return undecoded(...inTextOrder(root.log.problems))
  const windows = fieldAt(root, 'windows')
  if (windows === undefined) {
    objectTo(
      root,
      'no-windows',
      'windows must be set: it is missing',
      'Add "windows": { "chaos": { "start": …, "end": … } }',
    )
    return undecoded(...inTextOrder(root.log.problems))
  }
  const experiments = experimentsOf(root)
  const [baseline, chaos, recovery] = isMapping(windows)
    ? PHASES.map((phase) => intervalsOf(fieldAt(windows, phase)))
    : [[], [], []]
  if (root.log.problems.length === 0 && chaos.length === 0) {
    objectTo(
      windows,
      'no-chaos-window',
      'windows.chaos must be set: it is missing',
      'Add "chaos": { "start": …, "end": … }',
    )
  }
  const peers = peersOf(fieldAt(root, 'peers'))
  if (root.log.problems.length > 0) return undecoded(...inTextOrder(root.log.problems))
  const value = { experiments, baseline, chaos, recovery, ...(peers !== undefined && { peers }) }
  return decoded(value, doubtsAbout(value, windows))
}

/** The same back: one interval plain, several as a list, none left out. */
export function windowsJson(windows: Windows): WindowFileJson {
  const experiments = windows.experiments.map(experimentJson)
  const json: Partial<Record<PhaseName, IntervalJson | readonly IntervalJson[]>> = {}
  for (const phase of PHASES) {
    const intervals = windows[phase].map(({ startNs, endNs }) => ({
      start: rfc3339(startNs),
      end: rfc3339(endNs),
    }))
    if (intervals.length > 0) json[phase] = intervals.length === 1 ? intervals[0] : intervals
  }
  return {
    ...(experiments.length > 0 && { experiment: experiments[0] }),
    ...{ experiments, windows: json },
    ...(windows.peers !== undefined && Object.keys(windows.peers).length > 0 && { peers: windows.peers }),
  }
}

export function experimentJson(facts: ExperimentFacts): ExperimentJson {
  return {
    name: facts.name,
    kind: facts.kind,
    ...(facts.action !== undefined && { action: facts.action }),
    ...(facts.mode !== undefined && { mode: facts.mode }),
    targets: facts.targets.map(({ service, namespace, pods }) => ({
      service,
      ...(namespace !== undefined && { namespace }),
      ...(pods.length > 0 && { pods }),
    })),
    parameters: facts.parameters,
  }
}

function experimentsOf(root: Field): readonly ExperimentFacts[] {
  const many = fieldAt(root, 'experiments')
  const one = fieldAt(root, 'experiment')
  const fields = many !== undefined && Array.isArray(many.value) && many.value.length > 0 ? itemsOf(many) : []
  const all = fields.length > 0 || one === undefined ? fields : [one]
  return all.filter(isMapping).map((field) => ({
    name: textOf(fieldAt(field, 'name')) ?? '',
    kind: textOf(fieldAt(field, 'kind')) ?? '',
    action: textOf(fieldAt(field, 'action')),
    mode: textOf(fieldAt(field, 'mode')),
    targets: listAt(field, 'targets').filter(isMapping).flatMap(targetOf),
    parameters: parametersOf(fieldAt(field, 'parameters')),
  }))
}

function targetOf(field: Field): readonly TargetFacts[] {
  const service = textOf(
    fieldAt(field, 'service') ?? { ...field, value: undefined, path: [...field.path, 'service'] },
  )
  if (service === undefined) return []
  const pods = listAt(field, 'pods').flatMap((pod) => textOf(pod) ?? [])
  return [{ service, namespace: textOf(fieldAt(field, 'namespace')), pods }]
}

function parametersOf(field: Field | undefined): ExperimentFacts['parameters'] {
  if (field === undefined || !isMapping(field)) return {}
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(field.value ?? {})) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      kept[name] = value
  }
  return kept
}

/** Addresses and what is there. */
function peersOf(field: Field | undefined): Windows['peers'] {
  if (field === undefined || !isMapping(field)) return undefined
  const named = Object.keys(field.value ?? {}).flatMap((address) => {
    const name = textOf(fieldAt(field, address))
    return name === undefined ? [] : [[address, name] as const]
  })
  return Object.fromEntries(named)
}

function intervalsOf(field: Field | undefined): readonly Interval[] {
  if (field === undefined) return []
  const intervals = oneOrMore(field).filter(isMapping).flatMap(intervalOf)
  return intervals.toSorted(ascending((one) => one.startNs))
}

function intervalOf(field: Field): readonly Interval[] {
  const startNs = timeOf(field, 'start')
  const endNs = timeOf(field, 'end')
  if (startNs === undefined || endNs === undefined) return []
  if (startNs < endNs) return [{ startNs, endNs }]
  refuse(field, 'empty-window', 'must end after it starts')
  return []
}

function timeOf(field: Field, name: 'start' | 'end'): bigint | undefined {
  const time = fieldAt(field, name) ?? { ...field, value: undefined, path: [...field.path, name] }
  const ns = typeof time.value === 'string' ? parseRfc3339(time.value) : undefined
  if (ns !== undefined) return ns
  return refuse(time, 'time', 'must be an RFC 3339 time', 'Write "2026-03-09T13:01:00.000Z"')
}

function doubtsAbout(windows: Windows, field: Field): readonly Problem[] {
  const warn = (path: string, why: string): Problem => ({
    code: 'windows',
    what: 'Cannot trust these windows fully',
    where: field.document.where([...field.path, path]),
    why,
    level: 'warning',
  })
  const meets = (a: readonly Interval[], b: readonly Interval[]) =>
    a.some((x) => b.some((y) => x.startNs < y.endNs && y.startNs < x.endNs))
  const doubts: Problem[] = []
  if (windows.baseline.length === 0)
    doubts.push(warn('chaos', 'there is no baseline: nothing to compare with'))
  if (meets(windows.baseline, windows.chaos)) doubts.push(warn('baseline', 'baseline and chaos overlap'))
  if (meets(windows.recovery, windows.chaos)) doubts.push(warn('recovery', 'recovery and chaos overlap'))
  return doubts
}

/** A field of a mapping; missing and null are the same. */
function fieldAt(field: Field, name: string): Field | undefined {
  const { value } = field
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  const inner = (value as Readonly<Record<string, unknown>>)[name]
  return inner === null || inner === undefined
    ? undefined
    : { ...field, value: inner, path: [...field.path, name] }
}

function listAt(field: Field, name: string): readonly Field[] {
  const list = fieldAt(field, name)
  return list === undefined ? [] : itemsOf(list)
}

function isMapping(field: Field): boolean {
  const { value } = field
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return true
  refuse(field, 'wrong-type', 'must be a mapping')
  return false
}
