import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cli } from './support/cli.ts'
import { type Fixture, fixtureIn } from './support/fixture.ts'
import { leftAfter, NOTHING } from './support/nothing-left.ts'
import { latestRun } from './support/run-folder.ts'

/** A disk of a few pages: what a run writes before it starts fits, its spans do not. */
const DISK_BYTES = 100_000

let place: Fixture
let isMounted = false
beforeEach(() => {
  place = fixtureIn(6)
  isMounted = mountedSmall(join(place.folder, '.aftershock'))
})
afterEach(() => {
  if (isMounted) execFileSync('umount', [join(place.folder, '.aftershock')])
  place.remove()
})

test('a disk that fills up while a run goes on: exit 4, what to do, nothing left', async ({ skip }) => {
  if (!isMounted) {
    process.stderr.write('SKIPPED: a full disk: this user may not mount a small one\n')
    return skip()
  }
  place.edit(place.chaos('back-delay'), (text) => text.replace('duration: 6s', 'duration: 2s'))
  const end = await cli(['run', place.chaos('back-delay'), '--baseline', '1s'], { cwd: place.folder })
  expect(end.code, end.stderr).toBe(4)
  expect(end.stderr).toMatch(/^error disk-full {2}Cannot write the run$/m)
  expect(end.stderr).toMatch(/where .*\.aftershock[\s\S]*why .*full[\s\S]*fix .*room/)
  expect(end.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
  expect(await leftAfter(0, place.ports, latestRun(place.folder).pids())).toEqual(NOTHING)
  const stop = await cli(['stop'], { cwd: place.folder })
  expect(stop.code, stop.stderr).toBe(0)
})

function mountedSmall(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    rmSync(folder, { recursive: true })
    return false
  }
}
