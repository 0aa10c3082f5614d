import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunEvent } from '../model/run.ts'
import { systemClock } from './clock.ts'
import { closeKilledRun, killedRuns } from './leftovers.ts'
import { createRunFolder, readEvents } from './run-folder.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'aftershock-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const started: RunEvent = {
  type: 'run-started',
  id: 'r-1',
  name: 'x',
  seed: 1,
  pid: 4_711,
  command: 'aftershock run x.yaml',
  files: ['x.yaml'],
}
const applying: RunEvent = {
  type: 'fault-applying',
  fault: 'f',
  label: 'payment +500 ms',
  targets: [],
  how: [],
}

function runWith(...events: readonly RunEvent[]): string {
  const folder = createRunFolder(home, 'r-1', systemClock())
  for (const event of events) folder.record(event)
  folder.close()
  return folder.path
}

test('killedRuns() finds the run whose process is gone, and the fault that was on', () => {
  runWith(started, { type: 'phase', phase: 'chaos' }, applying)
  expect(killedRuns(home, () => false)).toMatchObject([
    { id: 'r-1', pid: 4_711, faultsOpen: ['payment +500 ms'], lastEvent: 'fault-applying' },
  ])
})

test('killedRuns() leaves out runs that go on and runs that ended', () => {
  runWith(started)
  expect(killedRuns(home, () => true)).toEqual([])
  runWith({ type: 'run-ended', verdict: 'held', exitCode: 0 })
  expect(killedRuns(home, () => false)).toEqual([])
})

test('killedRuns() does not name a fault that was removed before', () => {
  runWith(started, applying, { type: 'fault-removed', fault: 'f', verifiedBy: 'the proxy' })
  expect(killedRuns(home, () => false)[0]?.faultsOpen).toEqual([])
})

test('closeKilledRun() ends it for good, also when the kill cut a line off', () => {
  const path = runWith(started)
  appendFileSync(join(path, 'events.ndjson'), '{"at":"2026-')
  const [killed] = killedRuns(home, () => false)
  if (killed === undefined) throw new Error('it was not found')
  closeKilledRun(killed, 'nothing was left behind')
  expect(killedRuns(home, () => false)).toEqual([])
  expect(readEvents(path).at(-1)).toMatchObject({ type: 'run-ended', verdict: 'killed', exitCode: 137 })
})

test('killedRuns() tells faults that an experiment injected from those whose lease ended them', () => {
  runWith(started, applying, { ...applying, fault: 'g', label: 'toxic on payment', undoneBy: 'experiment' })
  expect(killedRuns(home, () => false)).toMatchObject([
    { faultsOpen: ['payment +500 ms'], faultsOfExperiment: ['toxic on payment'] },
  ])
})
