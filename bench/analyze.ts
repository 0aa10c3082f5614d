// node bench/analyze.ts [--spans 300000,1200000] [--spans-max 250000]
// From a file of OTLP JSON lines to findings: spans a second, and the most memory each size took. Each size is read
// in a process of its own. Above --spans-max it analyses a sample of the traces, so memory must not grow with the file.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { explainTracesInThreads } from '../packages/aftershock/src/cli/explain-traces.ts'
import { encodeOtlpJson } from '../packages/aftershock/src/formats/otlp-json-encode.ts'
import { readTraceFiles } from '../packages/aftershock/src/sources/read-files.ts'
import { generateRequests } from './generate-spans.ts'

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '300000,1200000' },
    'spans-max': { type: 'string', default: '250000' },
    file: { type: 'string' },
  },
})
const CHUNK_SPANS = 50_000

function writeFile(path: string, spans: number): void {
  const file = openSync(path, 'w')
  for (let seed = 1; (seed - 1) * CHUNK_SPANS < spans; seed++) {
    for (const groups of generateRequests(CHUNK_SPANS, seed).groups)
      writeSync(file, `${encodeOtlpJson(groups)}\n`)
  }
  closeSync(file)
}

async function analyze(path: string): Promise<void> {
  const from = performance.now()
  const cpu = process.cpuUsage()
  const { table, sampled } = await readTraceFiles([path], {
    attributes: 'drop',
    spansMax: Number(values['spans-max']),
  })
  const readMs = performance.now() - from
  const { user, system } = process.cpuUsage(cpu)
  const startNs = table.epochNs + BigInt(Math.min(...table.startNs.subarray(0, 1000)))
  const middleNs = startNs + 500_000_000n
  await explainTracesInThreads({
    table,
    windows: {
      experiments: [],
      baseline: [{ startNs, endNs: middleNs }],
      chaos: [{ startNs: middleNs, endNs: middleNs + 500_000_000n }],
      recovery: [],
    },
    options: { sampled },
  })
  const read = sampled?.spansRead ?? table.length
  const ms = performance.now() - from
  console.log(
    `${read} spans (${Math.round(statSync(path).size / 1e6)} MB): read in ${Math.round(readMs)} ms (CPU ${Math.round((user + system) / 1000)} ms), ${Math.round(read / readMs)} k spans/s; with the analysis of ${table.length} spans ${Math.round(ms)} ms, ${Math.round(read / ms)} k spans/s; most memory ${Math.round(process.resourceUsage().maxRSS / 1e3)} MB`,
  )
}

if (values.file !== undefined) await analyze(values.file)
else {
  const folder = mkdtempSync(join(tmpdir(), 'bench-analyze-'))
  try {
    for (const spans of values.spans.split(',').map(Number)) {
      const path = join(folder, `${spans}.jsonl`)
      writeFile(path, spans)
      const args = [import.meta.filename, '--file', path, '--spans-max', values['spans-max']]
      execFileSync(process.execPath, args, { stdio: 'inherit' })
      rmSync(path)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
