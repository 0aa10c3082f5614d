import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readChaosMesh } from './read-chaos-mesh.ts'
import { validateManifest } from './validate-manifest.ts'

const rows = <T>(file: string): readonly T[] =>
  readFileSync(new URL(`../../../../../test/chaos-mesh/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

type Recorded = { readonly verdict: string; readonly message?: string; readonly manifest: unknown }
type Text = { readonly name: string; readonly text: string; readonly verdict: string }

test('validateManifest() says of every recorded manifest what a cluster said', () => {
  const wrong = rows<Recorded>('manifests.jsonl').filter(
    ({ verdict, manifest }) =>
      (validateManifest(manifest).verdict === 'accepted') !== (verdict === 'accepted'),
  )
  expect(wrong.map((one) => `${one.verdict} ${one.message ?? ''}: ${JSON.stringify(one.manifest)}`)).toEqual(
    [],
  )
})

test('readChaosMesh() takes the files that kubectl takes, and points into those that it refuses', () => {
  for (const { name, text, verdict } of rows<Text>('texts.jsonl')) {
    const read = readChaosMesh(text, 'x.yaml')
    expect([name, read.ok ? 'accepted' : 'rejected']).toEqual([name, verdict])
    for (const problem of read.ok ? [] : read.problems) {
      expect([name, problem.where?.line, problem.where?.column]).toEqual([
        name,
        expect.toSatisfy((line) => line > 0),
        expect.toSatisfy((column) => column > 0),
      ])
    }
  }
})
