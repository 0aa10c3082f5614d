// node bench/sham-recovery.ts [--cases DIR]
// Cuts every simulated case so that nothing was injected in what is taken for the fault's window (the second half of the
// baseline), and what really happened to the target is its recovery. Whatever is laid to the fault then is false.
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { analyse } from '../packages/aftershock/src/analysis/analyse.ts'
import { readTable, readWindows } from './read-case.ts'

const { values } = parseArgs({
  options: { cases: { type: 'string', default: resolve(import.meta.dirname, '../../shared/cases') } },
})
const dir = join(values.cases, 'simulated')
if (!existsSync(dir)) {
  console.error(`No cases at ${dir}: nothing measured.`)
  process.exit(0)
}
let [cases, wrong, hurt] = [0, 0, 0]
for (const name of readdirSync(dir).filter((n) => !n.startsWith('sham'))) {
  const table = readTable(join(dir, name, 'traces.jsonl.gz'))
  const windows = readWindows(join(dir, name, 'case.json'))
  const [{ startNs, endNs }] = windows.baseline
  const middleNs = (startNs + endNs) / 2n
  const { traces } = analyse({
    table,
    windows: {
      ...windows,
      baseline: [{ startNs, endNs: middleNs }],
      chaos: [{ startNs: middleNs, endNs }],
      recovery: windows.chaos,
    },
    options: { sham: 'skip' },
  })
  const blamed = traces.filter((t) => t.attributed).length
  if (blamed > 0) console.log(`${name}: ${blamed} of ${traces.length}`)
  cases += 1
  wrong += blamed
  hurt += traces.length
}
console.log(`${cases} cases: ${wrong} of ${hurt} requests hurt are laid to a fault that was not there`)
