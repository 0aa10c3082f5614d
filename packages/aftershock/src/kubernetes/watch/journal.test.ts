import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openArchive } from './archive.ts'
import { openJournal } from './journal.ts'
import type { Sighting } from './sighting.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aftershock-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const gap = (fromNs: bigint): Sighting => ({ what: 'gap', fromNs, untilNs: fromNs + 1n })

test('what was appended is there after a restart', () => {
  const journal = openJournal(folder)
  journal.append(gap(1n))
  journal.append(gap(2n))
  journal.close()
  expect(openJournal(folder).read()).toEqual([gap(1n), gap(2n)])
})

test('after a kill in the middle of a line the others stand, and the next one is not glued to it', () => {
  const journal = openJournal(folder)
  journal.append(gap(1n))
  journal.close()
  appendFileSync(join(folder, 'journal.ndjson'), '{"what":"gap","fromNs":"#')
  const second = openJournal(folder)
  second.append(gap(3n))
  second.close()
  expect(openJournal(folder).read()).toEqual([gap(1n), gap(3n)])
})

test('is rewritten whole, and appended to afterwards', () => {
  const journal = openJournal(folder)
  for (let i = 0n; i < 100n; i++) journal.append(gap(i))
  const before = journal.bytes()
  journal.rewrite([gap(7n)])
  expect(journal.bytes()).toBeLessThan(before / 50)
  journal.append(gap(8n))
  journal.close()
  expect(openJournal(folder).read()).toEqual([gap(7n), gap(8n)])
})

test('an archive keeps what is young enough, and passes over half a line', () => {
  const experiment = (id: string, goneAt: string) => ({
    experiment: {
      id,
      kind: 'NetworkChaos',
      namespace: 'shop',
      name: id,
      state: 'archived' as const,
      goneAt,
      parameters: {},
      labels: {},
      windows: [],
      unknown: [],
    },
    events: [],
  })
  const hourMs = 3_600_000
  const archive = openArchive(folder, hourMs)
  archive.add([
    experiment('old', '2026-05-28T10:00:00.000Z'),
    experiment('young', '2026-05-28T11:30:00.000Z'),
  ])
  archive.expire(Date.parse('2026-05-28T12:00:00Z'))
  expect(archive.all().map((one) => one.experiment.id)).toEqual(['young'])
  const file = join(folder, 'archive.ndjson')
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"experiment":{"id":`)
  expect(
    openArchive(folder, hourMs)
      .all()
      .map((one) => one.experiment.id),
  ).toEqual(['young'])
  openArchive(folder, hourMs).add([experiment('next', '2026-05-28T11:45:00.000Z')])
  expect(
    openArchive(folder, hourMs)
      .all()
      .map((one) => one.experiment.id),
  ).toEqual(['next', 'young'])
})
