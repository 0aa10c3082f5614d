import type { Case } from './cases.ts'
import type { Outcome } from './run-case.ts'

/** Different on every run, or on purpose: versions, times, the lines of a traceback. */
const PASSED_OVER = new Set([
  'start',
  'end',
  'duration',
  'chaoslib-version',
  'platform',
  'node',
  'headers',
  'h',
])

/** What differs from the reference; more keys in our journal are welcome. */
export function differences(one: Case, reference: Outcome, ours: Outcome): readonly string[] {
  if (/^Traceback /m.test(reference.stderr)) return afterCrash(ours)
  const found: string[] = []
  if (ours.exitCode !== reference.exitCode)
    found.push(`exit code: want ${reference.exitCode}, got ${ours.exitCode}`)
  if (reference.journal !== undefined) {
    if (ours.journal === undefined) found.push('no journal')
    else if (one.isTimed) walk(verdictOf(reference.journal), ours.journal, 'journal', found)
    else walk(inOneOrder(reference.journal), inOneOrder(ours.journal), 'journal', found)
  }
  const [wanted, got] = hasBackground(reference.journal)
    ? [reference.hooks.toSorted(), ours.hooks.toSorted()]
    : [reference.hooks, ours.hooks]
  if (!one.isTimed && JSON.stringify(got) !== JSON.stringify(wanted))
    found.push(`hooks: want ${wanted.join('; ')}, got ${got.join('; ')}`)
  return found
}

type Section = readonly { readonly activity?: { readonly name?: unknown; readonly background?: unknown } }[]

/** Threads of the reference start when the machine lets them: background work comes after the rest, by name. */
function inOneOrder(journal: unknown): unknown {
  if (!isObject(journal)) return journal
  return { ...journal, ...Object.fromEntries(sectionsOf(journal)) }
}

function sectionsOf(journal: object): readonly (readonly [string, Section])[] {
  return Object.entries(journal)
    .filter(([key, value]) => (key === 'run' || key === 'rollbacks') && Array.isArray(value))
    .map(([key, section]: [string, Section]) => {
      const first = section.filter(({ activity }) => activity?.background !== true)
      const byName = section
        .filter(({ activity }) => activity?.background === true)
        .toSorted((a, b) => String(a.activity?.name).localeCompare(String(b.activity?.name)))
      return [key, [...first, ...byName]]
    })
}

function hasBackground(journal: unknown): boolean {
  if (!isObject(journal)) return false
  return sectionsOf(journal).some(([, section]) =>
    section.some(({ activity }) => activity?.background === true),
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Where the reference crashes we end with a reason. */
function afterCrash(ours: Outcome): readonly string[] {
  const found: string[] = []
  if (ours.exitCode === 0 || ours.exitCode === null)
    found.push(`exit code ${ours.exitCode} where the reference crashes`)
  if (/Traceback|^\s+at .*:\d+:\d+\)?$/m.test(ours.stderr)) found.push('a stack trace')
  if (ours.stderr.trim() === '') found.push('no message')
  return found
}

function verdictOf(journal: unknown): unknown {
  const { status, deviated } = journal as { readonly status: unknown; readonly deviated: unknown }
  return { status, deviated }
}

function walk(want: unknown, got: unknown, path: string, found: string[]): void {
  if (found.length > 5) return
  if (want === null || typeof want !== 'object') {
    if (want !== got) found.push(`${path}: want ${JSON.stringify(want)}, got ${JSON.stringify(got)}`)
    return
  }
  if (got === null || typeof got !== 'object' || Array.isArray(want) !== Array.isArray(got)) {
    found.push(`${path}: want ${JSON.stringify(want).slice(0, 80)}, got ${JSON.stringify(got)?.slice(0, 80)}`)
    return
  }
  if (Array.isArray(want) && want.length !== (got as readonly unknown[]).length)
    found.push(`${path}: want ${want.length} items, got ${(got as readonly unknown[]).length}`)
  for (const [key, value] of Object.entries(want)) {
    if (PASSED_OVER.has(key)) continue
    const other = (got as Readonly<Record<string, unknown>>)[key]
    if (key === 'exception') compareExceptions(value, other, path, found)
    else if (other === undefined) found.push(`${path}.${key} is missing`)
    else walk(value, other, `${path}.${key}`, found)
  }
}

/** The lines above name the files of each runner; the last one says what happened. */
function compareExceptions(want: unknown, got: unknown, path: string, found: string[]): void {
  const [a, b] = [want, got].map((lines) =>
    Array.isArray(lines) ? essence(String(lines.at(-1))) : undefined,
  )
  if (a !== undefined && a !== b)
    found.push(`${path}.exception: want ${JSON.stringify(a)}, got ${JSON.stringify(b)}`)
}

/** Without addresses of objects, and without the words of Python's connection pool, which ours are plainer than. */
function essence(line: string): string {
  return line.replaceAll(/0x[0-9a-f]+|\d{4,}/g, '…').replace(/(failed to connect to \S+?)\/?: .*\n/s, '$1')
}
