// node bench/translated.ts [--only PATTERN] [--cases DIR] [--case TEXT] [--worlds 12] [--wrong]
// The same happenings told in other span shapes (test/translations): analyses each case whose truth is known in each
// shape, and prints a line a shape. Where the cases are not there (../shared), worlds of our own take their place.
// `--wrong` prints a line for each case besides.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { analyse, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import { type Said, type Translation, tableOfSaid } from '../test/translations/said.ts'
import { TRANSLATIONS } from '../test/translations/translations.ts'
import { readSent, readWindows } from './read-case.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: resolve(import.meta.dirname, '../../shared/cases/simulated') },
    only: { type: 'string', default: '' },
    case: { type: 'string', default: '' },
    wrong: { type: 'boolean', default: false },
  },
})
/** Of fewer occurrences that are left some may be told or not. */
const SURE = 8
const chosen = TRANSLATIONS.filter(({ name }) => new RegExp(values.only).test(name))
const out = mkdtempSync(join(tmpdir(), 'translated-'))
for (const name of readdirSync(values.cases).filter((n) => n.includes(values.case))) {
  const folder = join(values.cases, name)
  const spans = saidIn(join(folder, 'traces.jsonl.gz'))
  const windows = readWindows(join(folder, 'case.json'))
  for (const [i, translation] of chosen.entries()) {
    const said = translation.of(spans)
    const findings = analyse({ table: (translation.read ?? tableOfSaid)(said), windows })
    const [cases, found] = [join(out, String(i), 'cases', name), join(out, String(i), 'found')]
    for (const dir of [cases, found]) mkdirSync(dir, { recursive: true })
    writeFileSync(join(cases, 'truth.json'), JSON.stringify(truthOf(folder, spans, said)))
    writeFileSync(join(found, `${name}.json`), JSON.stringify(named(findings, translation)))
  }
}
console.log(row(['', 'mechanisms F1', 'failed P', 'R', 'slow F1', 'count p90', 'alarms', 'ac1', 'ac3']))
for (const [i, { name, loses }] of chosen.entries()) {
  const folders = [join(out, String(i), 'cases'), join(out, String(i), 'found')]
  const score = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, [resolve(values.cases, '../../score.mjs'), ...folders, ...flags], {
      encoding: 'utf8',
    })
  const s = JSON.parse(score('--json'))
  const cells = [
    s.mechanisms.f1,
    s.failed.precision,
    s.failed.recall,
    s.slow.f1,
    s.countErrorP90,
    s.falseAlarms.length,
    s.ac1,
    s.ac3,
  ]
  console.log(
    row([name, ...cells.map((cell) => String(cell ?? '-'))]),
    loses === undefined ? '' : `  lost: ${loses}`,
  )
  if (values.wrong) console.log(score())
}
rmSync(out, { recursive: true })

function row([first, ...cells]: readonly string[]): string {
  return `${(first ?? '').padEnd(38)}${cells.map((cell) => cell.padStart(14)).join('')}`
}

function saidIn(file: string): readonly Said[] {
  return readSent(file).flatMap(({ resource, spans }) =>
    spans.map((span) => ({
      service: String(resource['service.name']),
      pod: String(resource['k8s.pod.name']),
      span,
    })),
  )
}

/** What of the truth is of requests that were kept; of which so few were is told or not. */
function truthOf(folder: string, spans: readonly Said[], said: readonly Said[]): unknown {
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'))
  const tracesOf = (list: readonly Said[]): ReadonlySet<string> =>
    new Set(list.map(({ span }) => span.traceId))
  const [all, kept] = [tracesOf(spans), tracesOf(said)]
  if (all.size === kept.size) return truth
  const only = (list: readonly string[]): readonly string[] => list.filter((id) => kept.has(id))
  const hurt = [...truth.failedByFault, ...truth.slowByFault]
  const share = hurt.length === 0 ? 1 : only(hurt).length / hurt.length
  type Counted = { readonly count: number }
  const scaled = (truth.mechanisms as readonly Counted[]).map((m) => ({ ...m, count: m.count * share }))
  return {
    ...truth,
    failedByFault: only(truth.failedByFault),
    slowByFault: only(truth.slowByFault),
    mechanisms: scaled.filter((m) => m.count >= SURE),
    maybe: [...(truth.maybe ?? []), ...scaled.filter((m) => m.count < SURE)],
  }
}

function named(findings: Findings, { nameOf = (name) => name }: Translation): unknown {
  return {
    suspects: findings.suspects.map((s) => ({ ...s, service: nameOf(s.service) })),
    mechanisms: findings.mechanisms.map((m) => ({
      ...m,
      caller: nameOf(m.caller),
      callee: nameOf(m.callee),
    })),
    traces: findings.traces,
  }
}
