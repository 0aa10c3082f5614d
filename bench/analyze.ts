// node bench/analyze.ts [--spans 300000,1200000] [--spans-max 250000]
// From a file of OTLP JSON lines, in which every third request fails, to findings: spans a second, and the most memory
// each size took. Each size is read in a process of its own. Memory must not grow with the file, whether all spans are
// analysed or, above --spans-max, a sample of the traces.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { explainTracesInThreads } from '../packages/aftershock/src/cli/explain-traces.ts'
import { readSpans } from '../packages/aftershock/src/cli/read-spans.ts'
import { forkRandom } from '../packages/aftershock/src/model/random.ts'
import { writeChaosFile } from './chaos-file.ts'
import { CHAOS_WINDOWS } from './chaos-requests.ts'

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '300000,1200000' },
    'spans-max': { type: 'string' },
    file: { type: 'string' },
  },
})
async function analyze(path: string): Promise<void> {
  const from = performance.now()
  const cpu = process.cpuUsage()
  const spansMax = values['spans-max'] === undefined ? undefined : Number(values['spans-max'])
  const { spans, sampled } = await readSpans([path], { attributes: 'drop', spansMax })
  const readMs = performance.now() - from
  const { user, system } = process.cpuUsage(cpu)
  const length = spans.kind === 'table' ? spans.table.length : spans.spooled.length
  await explainTracesInThreads(spans, {
    windows: CHAOS_WINDOWS,
    options: { sampled },
  })
  const read = sampled?.spansRead ?? length
  const ms = performance.now() - from
  console.log(
    `${read} spans (${Math.round(statSync(path).size / 1e6)} MB): read in ${Math.round(readMs)} ms (CPU ${Math.round((user + system) / 1000)} ms), ${Math.round(read / readMs)} k spans/s; analysis of ${length} spans in ${Math.round(ms - readMs)} ms; together ${Math.round(ms)} ms, ${Math.round(read / ms)} k spans/s; most memory ${Math.round(process.resourceUsage().maxRSS / 1e3)} MB`,
  )
}

if (values.file !== undefined) await analyze(values.file)
else {
  const folder = mkdtempSync(join(tmpdir(), 'bench-analyze-'))
  try {
    for (const spans of values.spans.split(',').map(Number)) {
      const path = join(folder, `${spans}.jsonl`)
      writeChaosFile(path, spans, forkRandom(1, 'bench'))
      const more = values['spans-max'] === undefined ? [] : ['--spans-max', values['spans-max']]
      const args = [import.meta.filename, '--file', path, ...more]
      execFileSync(process.execPath, args, { stdio: 'inherit' })
      rmSync(path)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
