import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TimedRunEvent } from '../../packages/aftershock/src/model/run.ts'
import { type CliEnd, cli, startCli } from './support/cli.ts'
import { type Fixture, fixtureIn } from './support/fixture.ts'
import { leftAfter, livingOf, NOTHING } from './support/nothing-left.ts'
import { latestRun } from './support/run-folder.ts'

const fixtures: Fixture[] = []
const fixture = (slot: number): Fixture => {
  const made = fixtureIn(slot)
  fixtures.push(made)
  return made
}
afterAll(() => {
  for (const one of fixtures) one.remove()
})

/** Until the command has ended; how long that took; what was left then. */
async function interrupted(slot: number, when: string, pauseMs: number) {
  const place = fixture(slot)
  const running = startCli(['run', place.chaos('back-delay')], { cwd: place.folder })
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

/** Undone within two seconds on an idle machine, where two services start in one: a busy one is given as much more. */
const UNDONE_MS = 6_000
const START_MS = 1_500

describe('Ctrl-C', () => {
  const phases = [
    { name: 'startup', when: 'starting 2 services', pauseMs: 300, requests: 0 },
    { name: 'baseline', when: 'phase baseline', pauseMs: 1_500, requests: 20 },
    { name: 'chaos', when: 'phase chaos', pauseMs: 1_500, requests: 60 },
    { name: 'recovery', when: 'phase recovery', pauseMs: 1_000, requests: 100 },
  ] as const
  type Seen = Awaited<ReturnType<typeof interrupted>>
  const seen = new Map<string, Seen>()
  const undoneMs = (): number => UNDONE_MS * Math.max(1, ...[...seen.values()].map(slownessOf))

  beforeAll(async () => {
    const pair = (a: number, b: number) =>
      Promise.all(
        [phases[a], phases[b]].map(async (phase, i) => {
          if (phase !== undefined) seen.set(phase.name, await interrupted(i, phase.when, phase.pauseMs))
        }),
      )
    await pair(0, 1)
    await pair(2, 3)
  }, 180_000)

  test.each(phases)(
    'in $name undoes everything, keeps the partial result, exits 130',
    ({ name, requests }) => {
      const { end, tookMs, run, left } = seen.get(name) as Seen
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
    const { run, signalledAt } = seen.get('chaos') as Seen
    const removed = run.events().find((event) => event.type === 'fault-removed')
    expect(Date.parse(removed?.at ?? '') - signalledAt).toBeLessThan(undoneMs())
    expect(run.result().proof.gone).toBe(true)
    expect(run.result().faults[0]?.removed).toMatchObject({ verifiedBy: expect.stringMatching(/./) })
  })
})

/** How much longer than on an idle machine the services of a run took to start; 0 where they never did. */
function slownessOf({ run }: Awaited<ReturnType<typeof interrupted>>): number {
  const timeOf = (isIt: (event: TimedRunEvent) => boolean): number =>
    Date.parse(run.events().find(isIt)?.at ?? '')
  const ms =
    timeOf((event) => event.type === 'phase' && event.phase === 'warm-up') -
    timeOf((event) => event.type === 'run-started')
  return Number.isNaN(ms) ? 0 : ms / START_MS
}

describe('kill -9 of the runner while the fault is on', () => {
  let place: Fixture
  let left: { readonly ports: readonly number[]; readonly pids: readonly number[] }
  let runs: CliEnd
  let stop: CliEnd
  let stopAgain: CliEnd
  let id: string

  beforeAll(async () => {
    place = fixture(2)
    const running = startCli(['run', place.chaos('back-delay')], { cwd: place.folder })
    await running.said('phase chaos')
    await sleep(1_000)
    running.child.kill('SIGKILL')
    await running.end
    const run = latestRun(place.folder)
    id = run.id
    left = await leftAfter(10_000, place.ports, run.pids())
    runs = await cli(['runs'], { cwd: place.folder })
    stop = await cli(['stop'], { cwd: place.folder })
    stopAgain = await cli(['stop'], { cwd: place.folder })
  }, 120_000)

  test('its services and proxies are gone within seconds', () => {
    expect(left).toEqual(NOTHING)
  })

  test('`runs` lists it as unfinished', () => {
    expect(runs.stdout).toContain(id)
    expect(runs.stdout).toMatch(/unfinished/)
  })

  test('the next command says what happened, once', () => {
    expect(stop.code).toBe(0)
    expect(stop.stdout).toMatch(new RegExp(`run ${id} was killed at .* after .*back \\+1,500 ms`))
    expect(stopAgain.stdout).toContain('Nothing to stop')
  })
})

describe('kill -9 of the runner and of its warden', () => {
  let place: Fixture
  let before: readonly number[]
  let stop: CliEnd
  let left: { readonly ports: readonly number[]; readonly pids: readonly number[] }

  beforeAll(async () => {
    place = fixture(6)
    const running = startCli(['run', place.chaos('back-delay')], { cwd: place.folder })
    await running.said('phase chaos')
    const run = latestRun(place.folder)
    const warden = run.events().find((event) => event.type === 'warden-started')
    if (warden === undefined) throw new Error('no warden was recorded')
    // The warden first, while its runner cannot see it go.
    running.child.kill('SIGSTOP')
    process.kill(warden.pid, 'SIGKILL')
    running.child.kill('SIGKILL')
    await running.end
    before = livingOf(run.pids())
    stop = await cli(['stop'], { cwd: place.folder })
    left = await leftAfter(5_000, place.ports, run.pids())
  }, 120_000)

  test('`stop` stops the services that nobody holds any more, and says which', () => {
    expect(before.length).toBeGreaterThanOrEqual(2)
    expect(stop.code, stop.stderr).toBe(0)
    expect(stop.stdout).toMatch(/was killed at .*; stopped (back, front|front, back)/)
    expect(left).toEqual(NOTHING)
  })
})

describe('two runs at once in one folder', () => {
  let first: CliEnd
  let second: CliEnd
  let third: CliEnd
  let pids: readonly number[]
  let place: Fixture

  beforeAll(async () => {
    place = fixture(3)
    const running = startCli(['run', place.chaos('back-delay')], { cwd: place.folder })
    await running.said('phase warm-up')
    second = await cli(['run', place.chaos('back-abort')], { cwd: place.folder })
    pids = latestRun(place.folder).pids()
    third = await cli(['stop'], { cwd: place.folder })
    first = await running.end
  }, 120_000)

  test('the second is refused with the reason and changes nothing', () => {
    expect(second.code).toBe(4)
    expect(second.stdout).toBe('')
    expect(second.stderr).toMatch(
      /run-in-progress[\s\S]*why .*one run at a time[\s\S]*fix .*aftershock stop r-/,
    )
  })

  test('`stop` ends the first in order', async () => {
    expect(third.code).toBe(0)
    expect(third.stdout).toMatch(/run r-\w+ stopped: faults removed, partial result kept/)
    expect(first.code).toBe(143)
    expect(latestRun(place.folder).result().run.verdict).toBe('stopped')
    expect(livingOf(pids)).toEqual([])
  })
})

describe('a guard that trips', () => {
  let end: CliEnd
  let place: Fixture

  beforeAll(async () => {
    place = fixture(4)
    const guard = ['--guard', 'GET /buy errors > 30% for 1s', '--chaos', '30s']
    place.edit(place.chaos('back-abort'), (text) => text.replace('duration: 4s', 'duration: 30s'))
    end = await cli(['run', place.chaos('back-abort'), ...guard], { cwd: place.folder })
  }, 120_000)

  test('stops the run soon, exits 5 and names the guard and its value', () => {
    expect(end.code, end.stderr).toBe(5)
    const result = latestRun(place.folder).result()
    expect(result.run).toMatchObject({ verdict: 'stopped', exitCode: 5 })
    expect(result.verdictReasons[0]).toMatchObject({
      ok: false,
      text: expect.stringContaining('errors > 30%'),
    })
    expect(end.stdout).toMatch(/STOPPED/)
    const chaos = result.phases.find((phase) => phase.name === 'chaos')
    expect((chaos?.to ?? 0) - (chaos?.from ?? 0)).toBeLessThan(15_000)
  })

  test('leaves nothing and removes the fault', async () => {
    const run = latestRun(place.folder)
    expect(await leftAfter(0, place.ports, run.pids())).toEqual(NOTHING)
    expect(run.result().proof.gone).toBe(true)
  })
})
