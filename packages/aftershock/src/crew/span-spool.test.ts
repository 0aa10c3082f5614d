import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { SpanSpool } from './span-spool.ts'
import { partitionTable, type SpooledSpans } from './spooled-spans.ts'

const TRACES = 900
const SPANS_A_TRACE = 3
const PARTITIONS = 8

const spools: SpanSpool[] = []
afterEach(() => {
  for (const spool of spools.splice(0)) spool.close()
})

const idOf = (trace: number): string =>
  (BigInt(trace + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).slice(-32).padStart(32, '0')

/** Traces of three spans, the last linked to the trace before; handed over after every `chunk` spans. */
function spooled(order: readonly number[], chunk: number, spansMax = Number.POSITIVE_INFINITY) {
  const builder = new SpanTableBuilder({ epochNs: 0n, attributes: 'drop' })
  const own = builder.addResource({ 'service.name': 'aftershock' })
  const shop = builder.addResource({ 'service.name': 'shop' })
  const spool = new SpanSpool(spansMax, (service) => service === 'aftershock')
  spools.push(spool)
  for (const [i, span] of order.entries()) {
    const trace = Math.floor(span / SPANS_A_TRACE)
    builder.addSpan(span % 100 === 99 ? own : shop, {
      traceId: idOf(trace),
      spanId: (span + 1).toString(16).padStart(16, '0'),
      name: `span ${span}`,
      kind: 2,
      startNs: BigInt(span),
      endNs: BigInt(span + 5),
      links:
        span % SPANS_A_TRACE === 2 && trace > 0
          ? [{ traceId: idOf(trace - 1), spanId: '00000000000000aa' }]
          : [],
    })
    if (i % chunk === chunk - 1) spool.take(builder)
  }
  spool.take(builder)
  return { spool, builder, spans: spool.finish(builder.finish()) }
}

/** Every span as its partition tells it: which partition, trace, name, start, length and links. */
function told(spans: SpooledSpans): readonly string[] {
  return Array.from({ length: PARTITIONS }, (_, i) => partitionTable(spans, i, PARTITIONS)).flatMap((t, i) =>
    Array.from({ length: t.length }, (_, row) => {
      const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
      const links = t.linkIds.subarray(t.linkStart[row] * 24, t.linkStart[row + 1] * 24)
      const trace = hex(t.traceIds.subarray(row * 16, row * 16 + 16))
      return `${i} ${trace} ${t.strings[t.name[row]]} ${t.startNs[row]}+${t.durationNs[row]} ${hex(links)}`
    }),
  )
}

const ALL = Array.from({ length: TRACES * SPANS_A_TRACE }, (_, i) => i)
const BACKWARDS = ALL.toReversed()

test('SpanSpool gives back every span of the system, each trace in one partition, whatever the order and the chunks', () => {
  const expected = told(spooled(ALL, 500).spans).toSorted()
  expect(expected).toHaveLength(ALL.length - 27)
  expect(expected.filter((one) => one.endsWith('00000000000000aa'))).toHaveLength(TRACES - 1 - 9)
  expect(told(spooled(BACKWARDS, 37).spans).toSorted()).toEqual(expected)
  const partitionsOfTraces = new Set(expected.map((one) => one.split(' ').slice(0, 2).join(' ')))
  expect(partitionsOfTraces.size).toBe(TRACES)
})

test('SpanSpool keeps whole traces above its limit, the same in any order, and says how many there were', () => {
  const { spans } = spooled(ALL, 100, 800)
  expect(spans.length).toBeLessThanOrEqual(800)
  expect(spans.length).toBeGreaterThan(780)
  expect(spans.sampled).toEqual({ share: 69 / 256, spansRead: ALL.length - 27 })
  const kept = told(spans)
  expect(kept).toHaveLength(spans.length)
  expect(told(spooled(BACKWARDS, 64, 800).spans).toSorted()).toEqual(kept.toSorted())
  const all = told(spooled(ALL, 100).spans)
  const tracesOf = (list: readonly string[]) => new Set(list.map((one) => one.split(' ')[1]))
  const traces = tracesOf(kept)
  expect(kept).toHaveLength(all.filter((one) => traces.has(one.split(' ')[1])).length)
})

test('SpanSpool lets errors be filled in that came too late', () => {
  const { spool, builder } = spooled(ALL, 400)
  spool.revisit(builder, ({ columns, length, stringId }) => {
    for (let row = 0; row < length; row++)
      if (columns.spanIds[row * 8 + 7] === 7) columns.errorType[row] = stringId('Late')
  })
  const spans = spool.finish(builder.finish())
  const tables = Array.from({ length: PARTITIONS }, (_, i) => partitionTable(spans, i, PARTITIONS))
  const named = tables.flatMap((t) =>
    Array.from({ length: t.length }, (_, row) => row).filter((row) => t.strings[t.errorType[row]] === 'Late'),
  )
  expect(named).toHaveLength(ALL.filter((span) => (span + 1) % 256 === 7 && span % 100 !== 99).length)
})

test('SpanSpool says what to do where the folder for temporary files takes nothing', () => {
  const { TMPDIR } = process.env
  process.env.TMPDIR = join(import.meta.filename, 'none')
  try {
    expect(() => spooled(ALL, 500)).toThrow(/Cannot set spans aside in the folder for temporary files/)
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
})

test('a file of columns that must not grow any more: exit 4, and what to do', ({ skip }) => {
  if (process.platform === 'win32') {
    process.stderr.write('SKIPPED: a file that must not grow: this system has no ulimit\n')
    return skip()
  }
  const urlOf = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  const script = `
    import { openNamelessFile, writeColumns } from ${urlOf('./column-file.ts')}
    try {
      writeColumns(openNamelessFile(), [new Uint8Array(1000), new Float64Array(100_000)], 0)
    } catch ({ exitCode, problems: [{ code, why }] }) {
      console.log(exitCode, code, why)
    }`
  // Blocks of 512 bytes: the first column fits.
  const limited = ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, '--input-type=module', '-e', script]
  const said = execFileSync('sh', limited, { encoding: 'utf8' })
  expect(said).toMatch(/^4 temp-folder an analysis of so many spans needs .* EFBIG: file too large, write/)
})

test('the file of a spool has no name: a process that is killed leaves nothing', () => {
  const mine = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`aftershock-${process.pid}-`))
  spooled(ALL, 500)
  expect(mine()).toEqual([])
  const script = `
    import { openNamelessFile, writeColumns } from ${JSON.stringify(new URL('./column-file.ts', import.meta.url).href)}
    import { readdirSync } from 'node:fs'
    writeColumns(openNamelessFile(), [new Uint8Array(100_000)], 0)
    console.log(readdirSync(process.env.TMPDIR ?? '/tmp').filter((name) => name.startsWith('aftershock-' + process.pid)).length)
    process.kill(process.pid, 'SIGKILL')`
  let out = ''
  try {
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  } catch (error) {
    out = (error as { stdout: string }).stdout
  }
  expect(out.trim()).toBe('0')
})
