import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { dict, isList, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { Succession } from './event-log.ts'
import { newJournal } from './journal.ts'
import { readEvents } from './journal-events.ts'
import { journalFile } from './journal-file.ts'
import { settleOwed } from './owed-work.ts'
import { dictOf, scratch } from './test-support/run-text.ts'
import { momentNow } from './times.ts'

const NO_SUCCESSOR = { start: momentNow(), succession: undefined, log: 'new', warn: () => {} } as const

function successionOf(watch: () => () => void = () => () => {}): Succession {
  return { owner: { pid: 7, identity: 'boot:7' }, argv: ['--', 'e.json'], folder: '/work', watch }
}

function aJournal(): PyDict {
  return newJournal({ version: 'v', platform: 'p', node: 'n' }, dict({ title: 't' }), momentNow())
}

function recordOf(name: string, more: Parameters<typeof dict>[0] = {}): PyDict {
  return dict({ activity: dict({ name }), output: null, ...more })
}

function push(journal: PyDict, list: string, record: PyDict): PyDict {
  const records = journal.get(list)
  if (isList(records)) records.push(record)
  return record
}

test('the journal on disk is whole from the first step on, and says that it is not the end', () => {
  using files = scratch()
  const path = files.path('journal.json')
  const file = journalFile(path, NO_SUCCESSOR)
  const journal = aJournal()
  const probes = [recordOf('up')]
  file.roundBegun('before', dict({ steady_state_met: null, probes }), journal)
  file.begun({ place: 'run', name: 'do', record: push(journal, 'run', recordOf('do')) }, journal)
  // As whoever runs the step does while it waits.
  settleOwed()
  const early = dictOf(readJson(readFileSync(path, 'utf8')))
  expect([early.get('status'), early.get('in_progress'), early.has('end')]).toEqual(['aborted', true, true])
  const states = dictOf(early.get('steady_states') ?? null)
  expect(dictOf(states.get('before') ?? null).get('probes')).toEqual(probes)
  journal.set('status', 'completed')
  file.finish(journal)
  expect(dictOf(readJson(readFileSync(path, 'utf8'))).has('in_progress')).toBe(false)
  expect([`${path}.events.ndjson`, `${path}.tmp`].filter((one) => existsSync(one))).toEqual([])
})

test('the journal goes where it is told: through a link, into a device, nowhere else', () => {
  using files = scratch()
  writeFileSync(files.path('there.json'), '')
  symlinkSync(files.path('there.json'), files.path('link.json'))
  const journal = aJournal()
  journalFile(files.path('link.json'), NO_SUCCESSOR).finish(journal)
  expect(lstatSync(files.path('link.json')).isSymbolicLink()).toBe(true)
  expect(readFileSync(files.path('there.json'), 'utf8')).toContain('"experiment"')
  const device = journalFile('/dev/null', NO_SUCCESSOR)
  device.begun({ place: 'run', name: 'do', record: push(journal, 'run', recordOf('do')) }, journal)
  device.finish(journal)
  expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
  for (const place of ['', files.path('.'), files.path('no/j.json')])
    expect(() => journalFile(place, NO_SUCCESSOR)).toThrow('the journal cannot be written to')
  expect(existsSync(`${files.path('.')}.tmp`)).toBe(false)
})

test('from the log of events somebody else knows all that had been done, also when its last line is cut', () => {
  using files = scratch()
  const path = files.path('journal.json')
  let watchers = 0
  const watch = () => {
    watchers += 1
    return () => {
      watchers -= 1
    }
  }
  const file = journalFile(path, { ...NO_SUCCESSOR, succession: successionOf(watch) })
  const journal = aJournal()
  const state = dict({ steady_state_met: null, probes: [] })
  const round = file.roundBegun('before', state, journal)
  const probe = recordOf('up')
  push(state, 'probes', probe)
  const probing = file.begun({ place: { round }, name: 'up', record: probe }, journal)
  probe.set('status', 'succeeded')
  file.ended(probing, journal)
  state.set('steady_state_met', true)
  file.roundEnded(round, journal)
  const first = push(journal, 'run', recordOf('first'))
  const doing = file.begun({ place: 'run', name: 'first', record: first }, journal)
  first.set('status', 'failed')
  file.ended(doing, journal)
  const second = push(journal, 'run', recordOf('second'))
  const begun = file.begun({ place: 'run', name: 'second', record: second }, journal)
  const log = `${path}.events.ndjson`
  writeFileSync(log, '{"kind": "end", "number": 3, "rec', { flag: 'a' })
  const found = readEvents(readFileSync(log, 'utf8'))
  expect(found?.owner).toEqual({ pid: 7, identity: 'boot:7' })
  expect([found?.argv, found?.folder]).toEqual([['--', 'e.json'], '/work'])
  expect(found?.unended).toEqual([{ mark: begun.env.AFTERSHOCK_ACTIVITY, name: 'second' }])
  dictOf(journal.get('steady_states') ?? null).set('before', state)
  expect(writeJson(found?.journal ?? null)).toBe(writeJson(journal))
  expect(watchers).toBe(1)
  file.finish(journal)
  expect([watchers, existsSync(log)]).toEqual([0, false])
})

test('the end of an activity is on disk before the next one acts, and without a next one when the loop turns', async () => {
  using files = scratch()
  const path = files.path('journal.json')
  const file = journalFile(path, { ...NO_SUCCESSOR, succession: successionOf() })
  const journal = aJournal()
  const unended = () =>
    readEvents(readFileSync(`${path}.events.ndjson`, 'utf8'))?.unended.map(({ name }) => name)
  const play = (name: string) => {
    const record = push(journal, 'run', recordOf(name))
    const begun = file.begun({ place: 'run', name, record }, journal)
    expect(unended()).toEqual([name])
    record.set('status', 'succeeded')
    file.ended(begun, journal)
  }
  play('first')
  play('second')
  await turn()
  expect(unended()).toEqual([])
  file.finish(journal)
})

test.each(['', 'no JSON', '{"kind": "start"}\n', '{"kind": "begin", "journal": 3}\n', '[]\n'])(
  'a log that says nothing (%j) is no run',
  (text) => {
    expect(readEvents(text)).toBe(undefined)
  },
)

test('a place that cannot be written is said before anything runs', () => {
  using files = scratch()
  expect(() => journalFile(files.path('no/such/journal.json'), NO_SUCCESSOR)).toThrow(
    'the journal cannot be written to',
  )
})
