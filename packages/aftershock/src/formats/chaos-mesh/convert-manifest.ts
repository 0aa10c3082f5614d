import { stringify } from 'yaml'
import { type Decoded, decoded, type Problem, undecoded } from '../../model/problem.ts'
import { isObject } from '../json-shape.ts'
import { inTextOrder, parseSource, type SourceDocument } from '../source-text.ts'
import { type Fields, fieldsAt, textAt } from './fields.ts'
import { kinds } from './kinds.ts'
import { isChaosMesh, itemsOfDocument, modernise, scheduleManifest } from './legacy.ts'
import { readChaosMesh } from './read-chaos-mesh.ts'
import { createReport, problemsOf } from './report.ts'
import { nameOf } from './validate-manifest.ts'

export type Converted = {
  /** YAML, a document an object; comments are not kept. */
  readonly text: string
  /** Objects that were changed; the others stand as they stood. */
  readonly changed: number
}

/**
 * Manifests of Chaos Mesh 0.8 and 1.x as 2.x takes them, as the migration tool that 2.8 dropped did it: a
 * `scheduler` becomes a Schedule, old names become new ones.
 *
 * @returns warnings that name each change, and what is different afterwards; problems where 2.x has no like
 */
export function convertManifest(text: string, file: string): Decoded<Converted> {
  const source = parseSource({ file, text }, 'kubernetes')
  if (!source.ok) return source
  const found = source.value.flatMap((document) =>
    itemsOfDocument(document.value).map((item) => convertItem(document, item.path, item.value)),
  )
  const problems = found.flatMap((one) => one.problems)
  if (problems.length > 0) return undecoded(...problems)
  const made = found.map((one) => stringify(one.value, { lineWidth: 0 })).join('---\n')
  // What it becomes must be what Chaos Mesh 2 accepts; places in it are of the new text.
  const read = readChaosMesh(made, `${file} (converted)`)
  if (!read.ok) return read
  const warnings = found.flatMap((one) => one.warnings)
  return decoded({ text: made, changed: found.filter((one) => one.isChanged).length }, warnings)
}

type Item = {
  readonly value: unknown
  readonly isChanged: boolean
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

function convertItem(document: SourceDocument, path: readonly (string | number)[], value: unknown): Item {
  if (!isObject(value) || !isChaosMesh(value)) return { value, isChanged: false, problems: [], warnings: [] }
  const report = createReport([], path)
  const modern = modernise(value, report)
  const place = (level: 'error' | 'warning'): readonly Problem[] =>
    inTextOrder(problemsOf(report.findings, level, nameOf(value), document.where))
  const warnings = place('warning')
  const converted = modern.cron === undefined ? modern.value : scheduled(modern.value, modern.cron)
  return { value: converted, isChanged: warnings.length > 0, problems: place('error'), warnings }
}

function scheduled(value: Fields, cron: string): Fields {
  const kind = kinds.find((one) => one.kind === textAt(value, 'kind'))
  if (kind === undefined) return value
  return scheduleManifest(fieldsAt(value, 'metadata') ?? {}, cron, kind, fieldsAt(value, 'spec') ?? {})
}
