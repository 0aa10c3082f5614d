import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startOtlpHttpReceiver } from '../../packages/aftershock/src/collector/otlp-http-receiver.ts'
import { inProcessSpanCollector } from '../../packages/aftershock/src/collector/span-collector.ts'
import { groupsOf } from '../../packages/aftershock/src/formats/otlp-groups.ts'
import { cli, startCli } from './support/cli.ts'
import { type Fixture, fixtureIn } from './support/fixture.ts'
import { leftAfter, NOTHING } from './support/nothing-left.ts'
import { latestRun } from './support/run-folder.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython) process.stderr.write('SKIPPED: a fault of a Python extension: there is no python3\n')

const fixtures: Fixture[] = []
const fixture = (slot: number): Fixture => {
  const made = fixtureIn(slot)
  fixtures.push(made)
  return made
}
afterAll(() => {
  for (const one of fixtures) one.remove()
})

const flags = ['--baseline', '6s', '--seed', '7']

// Runs mostly wait: two of these go on at a time, each in a slot of its own.
describe.skipIf(!hasPython)(
  'a Chaos Toolkit experiment with a fault of a known extension',
  { concurrent: true },
  () => {
    test('is explained like a manifest of ours, and is one trace in another collector', async () => {
      const place = fixture(0)
      const collector = inProcessSpanCollector()
      const receiver = await startOtlpHttpReceiver({
        address: { host: '127.0.0.1', port: 0 },
        sink: collector.receive,
      })
      const end = await cli(['run', 'chaos/toxic.json', ...flags], {
        cwd: place.folder,
        env: {
          PYTHONPATH: join(place.folder, 'extension'),
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.address.port}`,
        },
      })
      await receiver.close()
      const spans = groupsOf(await collector.finish()).flatMap((group) => group.spans)
      const run = latestRun(place.folder)
      const result = run.result()
      expect(end.code, end.stderr).toBe(1)
      expect(result.run.verdict).toBe('broke')
      expect(result.faults).toMatchObject([
        { kind: 'NetworkChaos/delay', label: 'latency 1500 ms on back', target: 'back-0' },
      ])
      expect(result.faults[0]?.removed).toMatchObject({ verifiedBy: 'the action "undo" succeeded' })
      expect(result.suspects[0]?.service).toBe('back')
      expect(result.mechanisms.map((one) => one.kind)).toContain('timeout')
      const journal = JSON.parse(run.text('journal.json'))
      expect(journal).toMatchObject({ status: 'completed', deviated: false })
      expect(journal.aftershock.faults).toMatchObject([{ label: 'latency 1500 ms on back', undone: true }])
      // One trace: the run, its phases, and within them the experiment as the toolkit would have told it.
      expect(new Set(spans.map((one) => one.traceId))).toEqual(new Set([journal.trace_id]))
      expect(spans.map((one) => one.name)).toEqual(
        expect.arrayContaining([
          'run',
          'phase: chaos',
          'experiment',
          'method',
          'activity: slow back',
          'rollbacks',
        ]),
      )
      const fault = spans.find((one) => one.name === 'fault: latency 1500 ms on back')
      expect(fault?.links?.length).toBeGreaterThan(5)
      expect(await leftAfter(0, place.ports, run.pids())).toEqual(NOTHING)
    })
  },
)

describe.concurrent('a Chaos Toolkit experiment whose faults nobody knows', () => {
  test('takes its method as the window, and says so', async () => {
    const place = fixture(1)
    const end = await cli(['run', 'chaos/script.json', ...flags], { cwd: place.folder })
    const run = latestRun(place.folder)
    const result = run.result()
    expect(result.faults).toMatchObject([{ kind: 'Method', label: 'the method of back is slow by a script' }])
    expect(result.faults[0]?.effect.why).toContain('the window is the method from start to end')
    expect(result.suspects[0]?.service).toBe('back')
    expect(end.code, end.stderr).toBe(1)
    expect(existsSync(join(place.folder, 'slow'))).toBe(false)
  })

  test('undoes what its method did when it is interrupted', async () => {
    const place = fixture(2)
    const running = startCli(['run', 'chaos/script.json', ...flags], { cwd: place.folder })
    await running.said('phase chaos')
    while (!existsSync(join(place.folder, 'slow'))) await new Promise((tick) => setTimeout(tick, 50))
    running.child.kill('SIGINT')
    const end = await running.end
    const run = latestRun(place.folder)
    expect(end.code, end.stderr).toBe(130)
    expect(existsSync(join(place.folder, 'slow'))).toBe(false)
    expect(JSON.parse(run.text('journal.json'))).toMatchObject({ status: 'interrupted' })
    expect(await leftAfter(0, place.ports, run.pids())).toEqual(NOTHING)
  })
})

test.concurrent('a run that is killed with -9 leaves nothing: the experiment is undone by its rollbacks, the rest by the warden', async () => {
  const place = fixture(3)
  place.edit('chaos/script.json', (text) =>
    text
      .replace('"description"', '"configuration": {"file": "elsewhere"}, "description"')
      .replace('"rm slow"', '"rm $' + '{file}"'),
  )
  const values = ['--var', 'file=slow']
  const running = startCli(['run', 'chaos/script.json', ...values, ...flags], { cwd: place.folder })
  await running.said('phase chaos')
  while (!existsSync(join(place.folder, 'slow'))) await new Promise((tick) => setTimeout(tick, 50))
  running.child.kill('SIGKILL')
  await running.end
  const run = latestRun(place.folder)
  const log = join(run.path, 'journal.json.events.ndjson')
  while (existsSync(log)) await new Promise((tick) => setTimeout(tick, 50))
  expect(existsSync(join(place.folder, 'slow'))).toBe(false)
  const journal = JSON.parse(run.text('journal.json'))
  expect(journal).toMatchObject({ status: 'aborted', rollback_decision: { played: 'planned' } })
  expect(await leftAfter(5_000, place.ports, run.pids())).toEqual(NOTHING)
})

test.concurrent('an experiment that is not valid is refused before anything starts', async () => {
  const place = fixture(4)
  place.edit('chaos/script.json', (text) => text.replace('"path": "sh"', '"path": "no-such-program"'))
  const end = await cli(['run', 'chaos/script.json'], { cwd: place.folder })
  expect(end.code).toBe(2)
  expect(end.stderr).toContain('Cannot run chaos/script.json')
  expect(end.stderr).toContain('no-such-program')
  expect(existsSync(join(place.folder, '.aftershock'))).toBe(false)
})
