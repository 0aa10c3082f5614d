// node bench/accuracy.ts [--cases DIR] [--only TEXT] [--set simulated|real]
// Analyses every case with known truth and prints what score.mjs makes of it. The cases lie beside the
// repository (../shared/cases); truth is read by score.mjs alone.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { analyse } from '../packages/aftershock/src/analysis/analyse.ts'
import { readTable, readWindows } from './read-case.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: resolve(import.meta.dirname, '../../shared/cases') },
    only: { type: 'string', default: '' },
    set: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
if (!existsSync(values.cases)) {
  console.error(`No cases at ${values.cases}: nothing measured.`)
  process.exit(0)
}
for (const set of values.set === undefined ? ['simulated', 'real'] : [values.set]) measure(set)

function measure(set: string): void {
  const dir = join(values.cases, set)
  const out = mkdtempSync(join(tmpdir(), `accuracy-${set}-`))
  const chosen = join(out, 'cases')
  mkdirSync(chosen)
  let spans = 0
  let ms = 0
  const failed: string[] = []
  for (const name of readdirSync(dir).filter((n) => n.includes(values.only))) {
    symlinkSync(join(dir, name), join(chosen, name))
    try {
      const table = readTable(join(dir, name, 'traces.jsonl.gz'))
      const windows = readWindows(join(dir, name, 'case.json'))
      const from = performance.now()
      const findings = analyse({ table, windows })
      ms += performance.now() - from
      spans += table.length
      writeFileSync(join(out, `${name}.json`), JSON.stringify(findings))
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? error.stack : error}`)
    }
  }
  console.log(
    execFileSync(process.execPath, [resolve(values.cases, '../score.mjs'), chosen, out], {
      encoding: 'utf8',
    }),
  )
  console.log(`${set}: ${spans} spans in ${Math.round(ms)} ms, ${Math.round(spans / ms)} k spans/s`)
  for (const line of failed) console.log(`FAILED ${line}`)
  if (values.keep) console.log(`results in ${out}`)
  else rmSync(out, { recursive: true })
}
