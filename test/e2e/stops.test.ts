import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { TimedRunEvent } from '../../packages/aftershock/src/model/run.ts'
import { cli, startCli } from './support/cli.ts'
import type { Fixture } from './support/fixture.ts'
import { leftAfter, livingOf, NOTHING } from './support/nothing-left.ts'
import { latestRun } from './support/run-folder.ts'
import { playScenes } from './support/scenes.ts'

/** Until the command has ended; how long that took; what was left then. */
async function interrupted(place: Fixture, when: string, pauseMs: number, flags: readonly string[]) {
  const running = startCli(['run', place.chaos('back-delay'), ...flags], { cwd: place.folder })
  await running.said(when)
  await sleep(pauseMs)
  const signalledMs = performance.now()
  const signalledAt = Date.now()
  running.child.kill('SIGINT')
  const end = await running.end
  const tookMs = performance.now() - signalledMs
  const run = latestRun(place.folder)
  return { end, tookMs, signalledAt, run, left: await leftAfter(0, place.ports, run.pids()) }
}

/** Of one in its chaos phase; its warden lives on. */
async function runnerKilled(place: Fixture) {
  const running = startCli(['run', place.chaos('back-delay'), ...SOON], { cwd: place.folder })
  await running.said('phase chaos')
  await sleep(1_000)
  running.child.kill('SIGKILL')
  await running.end
  const run = latestRun(place.folder)
  const left = await leftAfter(10_000, place.ports, run.pids())
  const runs = await cli(['runs'], { cwd: place.folder })
  const stop = await cli(['stop'], { cwd: place.folder })
  return { id: run.id, left, runs, stop, stopAgain: await cli(['stop'], { cwd: place.folder }) }
}

async function runnerAndWardenKilled(place: Fixture) {
  const running = startCli(['run', place.chaos('back-delay'), ...SOON], { cwd: place.folder })
  await running.said('phase chaos')
  const run = latestRun(place.folder)
  const warden = run.events().find((event) => event.type === 'warden-started')
  if (warden === undefined) throw new Error('no warden was recorded')
  // The warden first, while its runner cannot see it go.
  running.child.kill('SIGSTOP')
  process.kill(warden.pid, 'SIGKILL')
  running.child.kill('SIGKILL')
  await running.end
  const before = livingOf(run.pids())
  const stop = await cli(['stop'], { cwd: place.folder })
  return { before, stop, left: await leftAfter(5_000, place.ports, run.pids()) }
}

async function twoInOneFolder(place: Fixture) {
  const running = startCli(['run', place.chaos('back-delay')], { cwd: place.folder })
  await running.said('phase warm-up')
  const second = await cli(['run', place.chaos('back-abort')], { cwd: place.folder })
  const pids = latestRun(place.folder).pids()
  const third = await cli(['stop'], { cwd: place.folder })
  const first = await running.end
  return { first, second, third, living: livingOf(pids), result: latestRun(place.folder).result() }
}

async function guarded(place: Fixture) {
  const guard = ['--guard', 'GET /buy errors > 30% for 1s', '--chaos', '30s']
  place.edit(place.chaos('back-abort'), (text) => text.replace('duration: 4s', 'duration: 30s'))
  const end = await cli(['run', place.chaos('back-abort'), ...SOON, ...guard], { cwd: place.folder })
  const run = latestRun(place.folder)
  return { end, result: run.result(), left: await leftAfter(0, place.ports, run.pids()) }
}

/** What is stopped later needs no baseline to compare with. */
const SOON = ['--baseline', '2s']

/** The longest first, so that two at a time end together. */
const SCENES = {
  recovery: (place: Fixture) => {
    place.edit(place.chaos('back-delay'), (text) => text.replace('duration: 6s', 'duration: 3s'))
    return interrupted(place, 'phase recovery', 1_000, SOON)
  },
  guarded,
  runnerKilled,
  chaos: (place: Fixture) => interrupted(place, 'phase chaos', 1_500, SOON),
  runnerAndWardenKilled,
  baseline: (place: Fixture) => interrupted(place, 'phase baseline', 1_500, []),
  twoInOneFolder,
  startup: (place: Fixture) => interrupted(place, 'starting 2 services', 300, []),
}
const scene = playScenes(SCENES)

/** Undone within two seconds on an idle machine, where two services start in one: a busy one is given as much more. */
const UNDONE_MS = 6_000
const START_MS = 1_500
const undoneMs = (): number =>
  UNDONE_MS *
  Math.max(
    1,
    ...(['startup', 'baseline', 'chaos', 'recovery'] as const).map((name) => slownessOf(scene(name))),
  )

/** How much longer than on an idle machine the services of a run took to start; 0 where they never did. */
function slownessOf({ run }: Awaited<ReturnType<typeof interrupted>>): number {
  const timeOf = (isIt: (event: TimedRunEvent) => boolean): number =>
    Date.parse(run.events().find(isIt)?.at ?? '')
  const ms =
    timeOf((event) => event.type === 'phase' && event.phase === 'warm-up') -
    timeOf((event) => event.type === 'run-started')
  return Number.isNaN(ms) ? 0 : ms / START_MS
}

describe('Ctrl-C', () => {
  const phases = [
    { name: 'startup', requests: 0 },
    { name: 'baseline', requests: 20 },
    { name: 'chaos', requests: 60 },
    { name: 'recovery', requests: 100 },
  ] as const

  test.each(phases)(
    'in $name undoes everything, keeps the partial result, exits 130',
    ({ name, requests }) => {
      const { end, tookMs, run, left } = scene(name)
      expect(end.code, end.stderr).toBe(130)
      expect(tookMs).toBeLessThan(undoneMs())
      expect(left).toEqual(NOTHING)
      expect(end.stderr).toContain('removing faults, keeping the partial result')
      expect(end.stderr).not.toMatch(/^\s+at /m)
      const result = run.result()
      expect(result.run).toMatchObject({ verdict: 'stopped', exitCode: 130 })
      const all = result.journeys.reduce(
        (sum, one) => sum + one.phases.baseline.n + one.phases.chaos.n + one.phases.recovery.n,
        0,
      )
      expect(all).toBeGreaterThanOrEqual(requests)
      expect(run.events().at(-1)).toMatchObject({ type: 'run-ended', exitCode: 130 })
      expect(run.events()).toContainEqual(expect.objectContaining({ type: 'interrupted', signal: 'SIGINT' }))
    },
  )

  test('in chaos removes the fault first, and says how that was verified', () => {
    const { run, signalledAt } = scene('chaos')
    const removed = run.events().find((event) => event.type === 'fault-removed')
    expect(Date.parse(removed?.at ?? '') - signalledAt).toBeLessThan(undoneMs())
    expect(run.result().proof.gone).toBe(true)
    expect(run.result().faults[0]?.removed).toMatchObject({ verifiedBy: expect.stringMatching(/./) })
  })
})

describe('kill -9 of the runner while the fault is on', () => {
  test('its services and proxies are gone within seconds', () => {
    expect(scene('runnerKilled').left).toEqual(NOTHING)
  })

  test('`runs` lists it as unfinished', () => {
    const { id, runs } = scene('runnerKilled')
    expect(runs.stdout).toContain(id)
    expect(runs.stdout).toMatch(/unfinished/)
  })

  test('the next command says what happened, once', () => {
    const { id, stop, stopAgain } = scene('runnerKilled')
    expect(stop.code).toBe(0)
    expect(stop.stdout).toMatch(new RegExp(`run ${id} was killed at .* after .*back \\+1,500 ms`))
    expect(stopAgain.stdout).toContain('Nothing to stop')
  })
})

describe('kill -9 of the runner and of its warden', () => {
  test('`stop` stops the services that nobody holds any more, and says which', () => {
    const { before, stop, left } = scene('runnerAndWardenKilled')
    expect(before.length).toBeGreaterThanOrEqual(2)
    expect(stop.code, stop.stderr).toBe(0)
    expect(stop.stdout).toMatch(/was killed at .*; stopped (back, front|front, back)/)
    expect(left).toEqual(NOTHING)
  })
})

describe('two runs at once in one folder', () => {
  test('the second is refused with the reason and changes nothing', () => {
    const { second } = scene('twoInOneFolder')
    expect(second.code).toBe(4)
    expect(second.stdout).toBe('')
    expect(second.stderr).toMatch(
      /run-in-progress[\s\S]*why .*one run at a time[\s\S]*fix .*aftershock stop r-/,
    )
  })

  test('`stop` ends the first in order', () => {
    const { first, third, living, result } = scene('twoInOneFolder')
    expect(third.code).toBe(0)
    expect(third.stdout).toMatch(/run r-\w+ stopped: faults removed, partial result kept/)
    expect(first.code).toBe(143)
    expect(result.run.verdict).toBe('stopped')
    expect(living).toEqual([])
  })
})

describe('a guard that trips', () => {
  test('stops the run soon, exits 5 and names the guard and its value', () => {
    const { end, result } = scene('guarded')
    expect(end.code, end.stderr).toBe(5)
    expect(result.run).toMatchObject({ verdict: 'stopped', exitCode: 5 })
    expect(result.verdictReasons[0]).toMatchObject({
      ok: false,
      text: expect.stringContaining('errors > 30%'),
    })
    expect(end.stdout).toMatch(/STOPPED/)
    const chaos = result.phases.find((phase) => phase.name === 'chaos')
    expect((chaos?.to ?? 0) - (chaos?.from ?? 0)).toBeLessThan(15_000)
  })

  test('leaves nothing and removes the fault', () => {
    const { left, result } = scene('guarded')
    expect(left).toEqual(NOTHING)
    expect(result.proof.gone).toBe(true)
  })
})
