import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunResult } from '../../packages/aftershock/src/model/result.ts'
import { fixtureRun } from '../../packages/web/src/fixture.ts'
import { cli } from './support/cli.ts'
import { ROOT } from './support/fixture.ts'
import { schemaProblems } from './support/schema.ts'

const CASES = join(ROOT, '../shared/cases')
const CHOSEN = [
  'simulated/004-kill-shipping-service',
  'simulated/000-delay-review-service',
  'real/shapleyiq-tt-0412T180022-ts-food-map-service-delay200',
]
const areThere = CHOSEN.every((one) => existsSync(join(CASES, one, 'traces.jsonl.gz')))
if (!areThere) console.warn(`\n!!! ${CASES} is absent: analyze is not tried over its cases\n`)

let out: string
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'aftershock-e2e-'))
})
afterAll(() => rmSync(out, { recursive: true, force: true }))

describe.runIf(areThere).each(CHOSEN)('analyze %s', (name) => {
  const args = ['analyze', join(CASES, name, 'traces.jsonl.gz')]
  const windows = ['--windows', join(CASES, name, 'case.json')]

  test('explains it: exit 0, a result that the schema accepts, and a report', async () => {
    const file = join(out, `${name}.json`)
    const end = await cli([...args, ...windows, '--out', file, '--report-dir', join(out, name)], { cwd: out })
    expect(end.code, end.stderr).toBe(0)
    const result = JSON.parse(readFileSync(file, 'utf8')) as RunResult
    expect(schemaProblems(result)).toEqual([])
    expect(result.data.spans).toBeGreaterThan(100)
    expect(result.run.headline).not.toBe('')
    expect(result.suspects.length).toBeGreaterThan(0)
    for (const made of ['report.html', 'summary.md', 'junit.xml', 'result.json'])
      expect(existsSync(join(out, name, made)), made).toBe(true)
  })

  test('prints the same with --json', async () => {
    const end = await cli([...args, ...windows, '--json'], { cwd: out })
    const printed = JSON.parse(end.stdout) as RunResult
    const written = JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8')) as RunResult
    expect(printed.chains).toEqual(written.chains)
    expect(printed.mechanisms).toEqual(written.mechanisms)
  })
})

describe.runIf(areThere)('without a window', () => {
  test('says when the largest change was, and how to ask again', async () => {
    const end = await cli(['analyze', join(CASES, CHOSEN[0] ?? '', 'traces.jsonl.gz')], { cwd: out })
    expect(end.code).toBe(2)
    expect(end.stderr).toMatch(/the largest change is at 20\d\d-/)
    expect(end.stderr).toMatch(/fix .*--split 20\d\d-/)
  })
})

describe('what cannot be analysed', () => {
  test('a file without spans, and a missing file, are refused with exit 2', async () => {
    const empty = await cli(['analyze', '-', '--split', '3s'], { cwd: out, stdin: '' })
    expect(empty.code, empty.stderr).toBe(2)
    expect(empty.stderr).toMatch(/Cannot /)
    const missing = await cli(['analyze', 'nowhere.jsonl', '--split', '3s'], { cwd: out })
    expect(missing.code, missing.stderr).toBe(2)
    expect(missing.stderr).toMatch(/nowhere\.jsonl/)
  })

  test('a window file that is none is refused with its place', async () => {
    const end = await cli(['analyze', '-', '--windows', join(ROOT, 'package.json')], {
      cwd: out,
      stdin: JSON.stringify(ONE_SPAN),
    })
    expect(end.code, end.stderr).toBe(2)
    expect(end.stderr).toMatch(/package\.json/)
    expect(end.stderr).not.toMatch(/^\s+at /m)
  })
})

test('the schema accepts the run that the web pages are tested with', () => {
  expect(schemaProblems(JSON.parse(JSON.stringify(fixtureRun().result)))).toEqual([])
})

test('the schema refuses what is no result', () => {
  const result = { ...fixtureRun().result, schema: 'aftershock.result/2', chain: [{ kind: 'timeout' }] }
  expect(schemaProblems(JSON.parse(JSON.stringify(result))).length).toBeGreaterThan(5)
})

const ONE_SPAN = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'front' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: '5b8efff798038103d269b633813fc60c',
              spanId: 'eee19b7ec3c1b174',
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: '1795243349398564992',
              endTimeUnixNano: '1795243349498564992',
            },
          ],
        },
      ],
    },
  ],
}
