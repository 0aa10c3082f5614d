import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readChaosMesh } from './read-chaos-mesh.ts'
import { validateManifest } from './validate-manifest.ts'

type Case = {
  readonly name: string
  readonly kind: string
  readonly verdict: string
  readonly message: string
  readonly manifest: unknown
}

const folder = fileURLToPath(new URL('../../../../../../shared/conformance/', import.meta.url))
const files = ['chaosmesh-cases.jsonl', 'chaosmesh-upstream.jsonl'].map((name) => folder + name)
const present = files.every((file) => existsSync(file))
if (!present) console.warn(`SKIPPED: the recorded verdicts of Chaos Mesh are absent: ${files.join(', ')}`)

function casesOf(file: string): readonly Case[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line) => {
    const row = JSON.parse(line)
    return { ...row, name: row.case ?? row.source }
  })
}

describe.skipIf(!present)('validateManifest()', () => {
  const cases = present ? files.flatMap(casesOf) : []

  test('agrees with a real API server and the webhooks on every recorded manifest', () => {
    const wrong = cases.filter((one) => validateManifest(one.manifest).verdict !== upstreamVerdict(one))
    console.log(`Chaos Mesh verdicts: ${cases.length - wrong.length} of ${cases.length} agree`)
    expect(wrong.map((one) => `${one.name}: upstream ${one.verdict} ${one.message}`)).toEqual([])
  })

  test('readChaosMesh() refuses what upstream refuses, with a place, and takes the rest', () => {
    for (const one of cases.filter((each) => each.kind !== 'HelloWorldChaos')) {
      const read = readChaosMesh(JSON.stringify(one.manifest, undefined, 2), 'case.json')
      expect([one.name, read.ok ? 'accepted' : 'rejected']).toEqual([one.name, upstreamVerdict(one)])
      if (!read.ok) for (const problem of read.problems) expect(problem.where?.line).toBeGreaterThan(0)
    }
  })

  test("says upstream's key words when a webhook refuses", () => {
    for (const one of cases.filter((each) => each.verdict === 'rejected-by-webhook')) {
      const said = validateManifest(one.manifest)
        .problems.map((problem) => problem.why)
        .join('; ')
      const word = /(?:: |^)([^:[\]{}]{6,60}?)(?:: invalid value|, |$)/.exec(
        one.message.replace(/^.*?Invalid value: (?:"[^"]*"|\{…\}|[^:]*): /, ': '),
      )?.[1]
      if (word !== undefined)
        expect([one.name, said]).toEqual([one.name, expect.stringContaining(word.trim())])
    }
  })
})

function upstreamVerdict(one: Case): 'accepted' | 'rejected' {
  return one.verdict === 'accepted' ? 'accepted' : 'rejected'
}
