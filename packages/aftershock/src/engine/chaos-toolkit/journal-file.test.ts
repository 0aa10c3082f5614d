import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { dict } from '../../formats/chaos-toolkit/values.ts'
import { newJournal } from './journal.ts'
import { journalFile } from './journal-file.ts'
import { dictOf, scratch } from './test-support/run-text.ts'
import { momentNow } from './times.ts'

test('the journal on disk is whole from the first step on, and says that it is not the end', () => {
  using files = scratch()
  const path = files.path('journal.json')
  const file = journalFile(path, momentNow())
  const journal = newJournal({ version: 'v', platform: 'p', node: 'n' }, dict({ title: 't' }), momentNow())
  file.ahead('method: do', journal)
  const early = dictOf(readJson(readFileSync(path, 'utf8')))
  expect([early.get('status'), early.get('in_progress'), early.has('end')]).toEqual(['aborted', true, true])
  file.progress('method: do', journal)
  const steps = readFileSync(`${path}.events.ndjson`, 'utf8').trim().split('\n')
  expect(steps.map((line) => dictOf(readJson(line)).get('kind'))).toEqual(['start', 'end'])
  journal.set('status', 'completed')
  file.finish(journal)
  expect(dictOf(readJson(readFileSync(path, 'utf8'))).has('in_progress')).toBe(false)
  expect([`${path}.events.ndjson`, `${path}.tmp`].filter((one) => existsSync(one))).toEqual([])
})

test('a place that cannot be written is said before anything runs', () => {
  using files = scratch()
  expect(() => journalFile(files.path('no/such/journal.json'), momentNow())).toThrow(
    'the journal cannot be written to',
  )
})
