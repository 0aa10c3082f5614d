// node bench/accuracy.ts [--cases DIR] [--only TEXT] [--set simulated|real]
// Analyses every case with known truth and prints what score.mjs makes of it. The cases lie beside the
// repository (../shared/cases); truth is read by score.mjs alone.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { analyse } from '../packages/aftershock/src/analysis/analyse.ts'
import type { SpanInput } from '../packages/aftershock/src/model/span-input.ts'
import type { AttributeValue, SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../packages/aftershock/src/model/span-table-builder.ts'
import type { Interval, Windows } from '../packages/aftershock/src/model/window.ts'

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

type Json = Record<string, never>

function readTable(file: string): SpanTable {
  let builder: SpanTableBuilder | undefined
  for (const line of gunzipSync(readFileSync(file)).toString('utf8').split('\n')) {
    if (line === '') continue
    for (const rs of (JSON.parse(line) as { resourceSpans?: Json[] }).resourceSpans ?? []) {
      const spans = (rs.scopeSpans as Json[]).flatMap((scope) => scope.spans as Json[])
      builder ??= new SpanTableBuilder({ epochNs: BigInt(spans[0].startTimeUnixNano), attributes: 'drop' })
      const resource = builder.addResource(attributesOf((rs.resource as Json).attributes))
      for (const span of spans) builder.addSpan(resource, spanOf(span))
    }
  }
  return (builder ?? new SpanTableBuilder({ epochNs: 0n, attributes: 'drop' })).finish()
}

function spanOf(span: Json): SpanInput {
  const status = span.status as { code?: number; message?: string } | undefined
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind ?? 0,
    startNs: BigInt(span.startTimeUnixNano),
    endNs: BigInt(span.endTimeUnixNano),
    status: status?.code,
    statusMessage: status?.message,
    attributes: attributesOf(span.attributes),
    events: ((span.events ?? []) as Json[]).map((e) => ({
      name: e.name,
      timeNs: BigInt(e.timeUnixNano),
      attributes: attributesOf(e.attributes),
    })),
  }
}

function attributesOf(list: Json[] | undefined): Record<string, AttributeValue> {
  return Object.fromEntries(
    (list ?? []).map(({ key, value }) => {
      const [[kind, raw]] = Object.entries(value as Record<string, AttributeValue>)
      return [key, kind === 'intValue' ? Number(raw) : raw]
    }),
  )
}

function readWindows(file: string): Windows {
  const text = JSON.parse(readFileSync(file, 'utf8'))
  const intervals = (value: unknown): Interval[] =>
    (value === undefined ? [] : [value].flat()).map((w) => {
      const { start, end } = w as { start: string; end: string }
      return { startNs: BigInt(Date.parse(start)) * 1_000_000n, endNs: BigInt(Date.parse(end)) * 1_000_000n }
    })
  const experiments = text.experiment === undefined ? [] : [text.experiment]
  return {
    experiments: experiments.map((e: Json) => ({
      name: e.name ?? '',
      kind: e.kind,
      action: e.action,
      mode: e.mode,
      targets: ((e.targets ?? []) as Json[]).map((t) => ({
        service: t.service,
        namespace: t.namespace,
        pods: t.pods ?? [],
      })),
      parameters: e.parameters ?? {},
    })),
    baseline: intervals(text.windows.baseline),
    chaos: intervals(text.windows.chaos),
    recovery: intervals(text.windows.recovery),
  }
}
