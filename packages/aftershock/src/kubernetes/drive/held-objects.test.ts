import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Ref } from '../client.ts'
import { PODS } from '../resources.ts'
import { heldObjectsFile, readHeld, writeHeld } from './held-objects.ts'

const folder = mkdtempSync(join(tmpdir(), 'aftershock-held-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ref = (name: string): Ref => ({ resource: PODS, namespace: 'shop', name })

test('what was held and not released is what may be left, also after a kill in the middle of a line', () => {
  expect(readHeld(folder)).toBeUndefined()
  writeHeld(folder, { type: 'cluster', runId: 'r-1', settings: { context: 'c' }, server: 'https://s' })
  for (const name of ['a', 'b', 'c']) writeHeld(folder, { type: 'hold', ref: ref(name) })
  writeHeld(folder, { type: 'release', ref: ref('b') })
  appendFileSync(heldObjectsFile(folder), '{"type":"release","ref":{"na')
  expect(readHeld(folder)).toMatchObject({
    runId: 'r-1',
    settings: { context: 'c' },
    server: 'https://s',
    refs: [{ name: 'a' }, { name: 'c' }],
  })
})
