import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRfc3339, rfc3339 } from './rfc3339.ts'
import { readWindowFile, windowsJson } from './window-file.ts'

const at = (seconds: number) => `2026-03-09T13:00:${String(seconds).padStart(2, '0')}Z`
const example = {
  experiment: {
    name: 'slow-payment',
    kind: 'NetworkChaos',
    action: 'delay',
    mode: 'all',
    targets: [{ service: 'payment', namespace: 'default', pods: ['payment-1'] }],
    parameters: { latencyMs: 500 },
  },
  windows: {
    baseline: [
      { start: at(20), end: at(25) },
      { start: at(0), end: at(10) },
    ],
    chaos: { start: '2026-03-09T14:00:30.123456789+01:00', end: at(40) },
  },
}

test('readWindowFile() reads intervals to the nanosecond, in order', () => {
  const read = readWindowFile(JSON.stringify(example), 'case.json')
  if (!read.ok) throw new Error(read.problems[0].why)
  expect(read.value.baseline.map((one) => rfc3339(one.startNs))).toEqual(
    [at(0), at(20)].map((t) => t.replace('Z', '.000Z')),
  )
  expect(rfc3339(read.value.chaos[0].startNs)).toBe('2026-03-09T13:00:30.123456789Z')
  expect(read.value.recovery).toEqual([])
  expect(read.value.experiments).toEqual([{ ...example.experiment }])
})

test('windowsJson() writes what readWindowFile() reads', () => {
  const read = readWindowFile(JSON.stringify(example), 'case.json')
  if (!read.ok) throw new Error(read.problems[0].why)
  const again = readWindowFile(JSON.stringify(windowsJson(read.value)), 'again.json')
  expect(again.ok && again.value).toEqual(read.value)
})

test('readWindowFile() reads who is behind an address, and windowsJson() writes it', () => {
  const peers = { '127.0.0.1:21007': 'payment-db' }
  const read = readWindowFile(JSON.stringify({ ...example, peers }), 'case.json')
  expect(read.ok && read.value.peers).toEqual(peers)
  expect(read.ok && windowsJson(read.value).peers).toEqual(peers)
  const wrong = readWindowFile(JSON.stringify({ ...example, peers: { '127.0.0.1:21007': 7 } }), 'case.json')
  expect(wrong.ok).toBe(false)
})

test("readWindowFile() takes a run's result.json, whose experiment may be null", () => {
  const result = {
    schema: 'aftershock.result/1',
    run: {},
    experiment: null,
    experiments: [],
    windows: { chaos: example.windows.chaos, baseline: { start: at(0), end: at(1) } },
    suspects: [],
  }
  const read = readWindowFile(JSON.stringify(result), 'result.json')
  expect(read.ok && read.value.experiments).toEqual([])
})

test('readWindowFile() names every problem with its place', () => {
  const text =
    '{\n "windows": {\n  "baseline": { "start": "yesterday", "end": "2026-02-31T00:00:00Z" },\n  "chaos": { "start": "2026-03-09T13:00:40Z", "end": "2026-03-09T13:00:30Z" }\n }\n}'
  const read = readWindowFile(text, 'w.json')
  const said = read.ok
    ? []
    : read.problems.map((problem) => `${problem.where?.line}:${problem.where?.column} ${problem.why}`)
  expect(said).toEqual([
    '3:26 windows.baseline.start must be an RFC 3339 time: current value is "yesterday"',
    '3:46 windows.baseline.end must be an RFC 3339 time: current value is "2026-02-31T00:00:00Z"',
    expect.stringMatching(/^4:12 windows.chaos must end after it starts/),
  ])
  for (const bad of ['', '[]', '{}', '{"windows":{}}', '{"windows":3}', '{"windows":{"chaos":[null]}}']) {
    expect(readWindowFile(bad, 'w.json').ok).toBe(false)
  }
})

test('readWindowFile() warns of windows that overlap', () => {
  const windows = { baseline: { start: at(0), end: at(20) }, chaos: { start: at(10), end: at(30) } }
  const read = readWindowFile(JSON.stringify({ windows }), 'w.json')
  expect(read.ok && read.warnings.map((problem) => problem.why)).toEqual(['baseline and chaos overlap'])
})

test('rfc3339() and parseRfc3339() are inverse', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }), (ns) => {
      expect(parseRfc3339(rfc3339(ns))).toBe(ns)
    }),
  )
  for (const bad of [
    '2026-03-09',
    '2026-03-09T25:00:00Z',
    '2026-03-09T10:00:60Z',
    '2026-03-09T10:00:00',
    '',
  ]) {
    expect([bad, parseRfc3339(bad)]).toEqual([bad, undefined])
  }
})

test('readWindowFile() never throws, whatever is changed in a file', () => {
  const text = JSON.stringify(example, undefined, 1)
  const junk = fc.constantFrom('', 'null', '[]', '{}', '3', '"x"', ',', '"__proto__": 1')
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(30), junk, (from, length, piece) => {
      const read = readWindowFile(text.slice(0, from) + piece + text.slice(from + length), 'w.json')
      if (!read.ok) for (const problem of read.problems) expect(problem.where?.file).toBe('w.json')
    }),
    { numRuns: 300 },
  )
})

const cases = fileURLToPath(new URL('../../../../../shared/cases/simulated', import.meta.url))
if (!existsSync(cases)) console.warn(`SKIPPED: the cases with known truth are absent: ${cases}`)

test.skipIf(!existsSync(cases))('readWindowFile() reads every case with known truth', () => {
  for (const name of readdirSync(cases)) {
    const read = readWindowFile(readFileSync(`${cases}/${name}/case.json`, 'utf8'), `${name}/case.json`)
    expect([name, read.ok && read.warnings]).toEqual([name, []])
  }
})
