// node bench/translated.ts [--only PATTERN] [--cases DIR] [--case TEXT] [--wrong]
// The same happenings told in other span shapes (test/translations): analyses each case whose truth is known in each
// shape, and prints a line a shape. The cases lie beside the repository (../shared) and are scored by the script there;
// where they are absent worlds of our own take their place. `--wrong` prints a line for each case besides.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { analyse, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import type { Windows } from '../packages/aftershock/src/model/window.ts'
import { ownCases } from '../test/translations/own-cases.ts'
import { type Said, type Translation, tableOfSaid } from '../test/translations/said.ts'
import { type Found, scoreOf, type Truth } from '../test/translations/score.ts'
import { TRANSLATIONS } from '../test/translations/translations.ts'
import { readSent, readWindows } from './read-case.ts'

type Case = {
  readonly name: string
  readonly spans: readonly Said[]
  readonly windows: Windows
  readonly truth: Truth
}

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
const script = resolve(values.cases, '../../score.mjs')
const isShared = existsSync(values.cases) && existsSync(script)
if (!isShared) console.error(`No cases at ${values.cases}: worlds of our own instead.`)
const chosen = TRANSLATIONS.filter(({ name }) => new RegExp(values.only).test(name))
const scored = chosen.map((): { name: string; truth: Truth; found: Found }[] => [])
for (const one of isShared ? sharedCases() : ownCases()) {
  if (!one.name.includes(values.case)) continue
  for (const [i, translation] of chosen.entries()) {
    const said = translation.of(one.spans)
    const table = (translation.read ?? tableOfSaid)(said)
    const found = named(analyse({ table, windows: one.windows }), translation)
    scored[i].push({ name: one.name, truth: leftOf(one, said), found })
  }
}
console.log(row(['', 'mechanisms F1', 'failed P', 'R', 'slow F1', 'count p90', 'alarms', 'ac1', 'ac3']))
for (const [i, { name, loses }] of chosen.entries()) {
  const cells = isShared ? cellsOfScript(scored[i]) : scoreOf(scored[i])
  const line = row([name, ...cells.map((cell) => String(cell ?? '-'))])
  console.log(loses === undefined ? line : `${line}   lost: ${loses}`)
  if (values.wrong && isShared) console.log(scoreByScript(scored[i], []))
}

function row([first, ...cells]: readonly string[]): string {
  return `${(first ?? '').padEnd(38)}${cells.map((cell) => cell.padStart(14)).join('')}`
}

function* sharedCases(): Iterable<Case> {
  for (const name of readdirSync(values.cases)) {
    const folder = join(values.cases, name)
    const spans = readSent(join(folder, 'traces.jsonl.gz')).flatMap(({ resource, spans }) =>
      spans.map((span) => ({
        service: String(resource['service.name']),
        pod: String(resource['k8s.pod.name']),
        span,
      })),
    )
    const truth: Truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'))
    yield { name, spans, windows: readWindows(join(folder, 'case.json')), truth }
  }
}

/** What of the truth is of requests that were kept; of which so few are left may be told or not. */
function leftOf({ spans, truth }: Case, said: readonly Said[]): Truth {
  const tracesOf = (list: readonly Said[]): ReadonlySet<string> =>
    new Set(list.map(({ span }) => span.traceId))
  const [all, kept] = [tracesOf(spans), tracesOf(said)]
  if (all.size === kept.size) return truth
  const only = (list: readonly string[]): readonly string[] => list.filter((id) => kept.has(id))
  const hurt = [...truth.failedByFault, ...truth.slowByFault]
  const share = hurt.length === 0 ? 1 : only(hurt).length / hurt.length
  const scaled = truth.mechanisms.map((m) => ({ ...m, count: m.count * share }))
  return {
    ...truth,
    failedByFault: only(truth.failedByFault),
    slowByFault: only(truth.slowByFault),
    mechanisms: scaled.filter((m) => m.count >= SURE),
    maybe: [...truth.maybe, ...scaled.filter((m) => m.count < SURE)],
  }
}

function named({ suspects, mechanisms, traces }: Findings, { nameOf = (name) => name }: Translation): Found {
  return {
    suspects: suspects.map((s) => ({ ...s, service: nameOf(s.service) })),
    mechanisms: mechanisms.map((m) => ({ ...m, caller: nameOf(m.caller), callee: nameOf(m.callee) })),
    traces,
  }
}

type Scored = (typeof scored)[number]

function cellsOfScript(list: Scored): readonly (number | null)[] {
  const s = JSON.parse(scoreByScript(list, ['--json']))
  const requests = [s.failed.precision, s.failed.recall, s.slow.f1]
  return [s.mechanisms.f1, ...requests, s.countErrorP90, s.falseAlarms.length, s.ac1, s.ac3]
}

function scoreByScript(list: Scored, flags: readonly string[]): string {
  const out = mkdtempSync(join(tmpdir(), 'translated-'))
  const [cases, found] = [join(out, 'cases'), join(out, 'found')]
  for (const one of list) {
    mkdirSync(join(cases, one.name), { recursive: true })
    mkdirSync(found, { recursive: true })
    writeFileSync(join(cases, one.name, 'truth.json'), JSON.stringify(one.truth))
    writeFileSync(join(found, `${one.name}.json`), JSON.stringify(one.found))
  }
  const text = execFileSync(process.execPath, [script, cases, found, ...flags], { encoding: 'utf8' })
  rmSync(out, { recursive: true })
  return text
}
