import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CliEnd, cli } from './support/cli.ts'
import { type Fixture, fixtureIn } from './support/fixture.ts'
import { leftAfter, NOTHING } from './support/nothing-left.ts'
import { latestRun } from './support/run-folder.ts'

const run = (place: Fixture, name: string, ...args: readonly string[]): Promise<CliEnd> =>
  cli(['run', place.chaos(name), ...args], { cwd: place.folder })

/** What, where, why and how to fix it; no stack; nothing on stdout; nothing left. */
async function expectRefusal(
  place: Fixture,
  end: CliEnd,
  code: number,
  said: readonly RegExp[],
): Promise<void> {
  expect(end.code, end.stderr).toBe(code)
  expect(end.stdout).toBe('')
  expect(end.stderr).toMatch(/^error \S+ {2}Cannot /m)
  expect(end.stderr).toMatch(/^ {2}why /m)
  expect(end.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
  for (const one of said) expect(end.stderr).toMatch(one)
  const pids = existsSync(join(place.folder, '.aftershock/latest')) ? latestRun(place.folder).pids() : []
  expect(await leftAfter(0, place.ports, pids)).toEqual(NOTHING)
}

test('a manifest that is no YAML is refused with its line', async () => {
  using place = fixtureIn(5)
  place.edit(place.chaos('back-delay'), (text) => text.replace('  action: delay', '  action: [delay'))
  await expectRefusal(place, await run(place, 'back-delay'), 2, [/where {2}chaos\/back-delay\.yaml:\d+:\d+/])
})

test('an unknown field is refused with line, column and what was meant', async () => {
  using place = fixtureIn(5)
  place.edit(place.chaos('back-delay'), (text) => text.replace('delay: { latency:', 'delay: { latancy:'))
  await expectRefusal(place, await run(place, 'back-delay'), 2, [
    /chaos\/back-delay\.yaml:10:12/,
    /latancy/,
    /\^/,
    /fix .*latency/,
  ])
})

test('an unknown field of aftershock.yaml is refused with its place', async () => {
  using place = fixtureIn(5)
  place.edit('aftershock.yaml', (text) => text.replace('hypotheses:', 'hypothesis:'))
  await expectRefusal(place, await run(place, 'back-delay'), 2, [/aftershock\.yaml:\d+:1/, /hypotheses/])
})

test('a selector that matches nothing is refused with what there is', async () => {
  using place = fixtureIn(5)
  place.edit(place.chaos('back-delay'), (text) => text.replace('app: back', 'app: payment'))
  await expectRefusal(place, await run(place, 'back-delay'), 2, [
    /chaos\/back-delay\.yaml:\d+/,
    /payment/,
    /back/,
  ])
})

test('a fault that cannot be honest here is refused with the reason', async () => {
  using place = fixtureIn(5)
  place.edit(place.chaos('back-delay'), (text) =>
    text
      .replace('NetworkChaos', 'IOChaos')
      .replace('action: delay', 'action: latency')
      .replace(/ {2}delay:.*/, '  delay: 10ms\n  volumePath: /data'),
  )
  await expectRefusal(place, await run(place, 'back-delay'), 2, [/IOChaos/])
})

test('a hypothesis that cannot be read is refused', async () => {
  using place = fixtureIn(5)
  await expectRefusal(place, await run(place, 'back-delay', '--hypothesis', 'all is well'), 2, [
    /all is well/,
  ])
})

test('a missing file, and a folder without aftershock.yaml, are refused', async () => {
  using place = fixtureIn(5)
  await expectRefusal(place, await run(place, 'no-such'), 2, [/chaos\/no-such\.yaml/, /no such file/])
  const end = await cli(['run', place.chaos('back-delay'), '-c', 'nowhere.yaml'], { cwd: place.folder })
  await expectRefusal(place, end, 2, [/nowhere\.yaml/])
})

test('a service that ends at once stops the run, with its last words', async () => {
  using place = fixtureIn(5)
  place.edit('aftershock.yaml', (text) => text.replace(/node --import .* back\.js/, 'node broken.js'))
  writeFileSync(
    join(place.folder, 'broken.js'),
    "console.error('the disk of back is missing'); process.exit(3)\n",
  )
  await expectRefusal(place, await run(place, 'back-delay'), 4, [/back/, /the disk of back is missing/])
})

test('a port in use is refused with who has it', async () => {
  using place = fixtureIn(5)
  const port = place.ports[2] ?? 0
  await withListener(port, async () => {
    const end = await run(place, 'back-delay')
    expect(end.code, end.stderr).toBe(4)
    expect(end.stderr).toMatch(new RegExp(`port-in-use[\\s\\S]*${port} is in use by pid ${process.pid}`))
    expect(end.stderr).toMatch(/fix /)
  })
  expect(await leftAfter(0, place.ports, latestRun(place.folder).pids())).toEqual(NOTHING)
})

test('a receiver’s port in use is refused the same way', async () => {
  using place = fixtureIn(5)
  const port = place.ports[4] ?? 0
  await withListener(port, async () => {
    const end = await run(place, 'back-delay')
    expect(end.code, end.stderr).toBe(4)
    expect(end.stderr).toContain(String(port))
    expect(end.stderr).toMatch(/fix .*port/)
    expect(end.stderr).not.toMatch(/^\s+at /m)
  })
  expect(await leftAfter(0, place.ports, latestRun(place.folder).pids())).toEqual(NOTHING)
})

test('a folder that cannot be written: exit 4, no stack', async () => {
  using place = fixtureIn(5)
  writeFileSync(join(place.folder, '.aftershock'), 'a file where the folder should be')
  const end = await run(place, 'back-delay')
  expect(end.code, end.stderr).toBe(4)
  expect(end.stderr).toMatch(/Cannot [\s\S]*\.aftershock/)
  expect(end.stderr).not.toMatch(/bug in aftershock|^\s+at /m)
})

test('--dry-run says what would be hit, opens no port and leaves no folder', async () => {
  using place = fixtureIn(5)
  const first = await run(place, 'back-delay', '--dry-run', '--seed', '7')
  expect(first.code, first.stderr).toBe(0)
  expect(first.stdout).toMatch(/back \+1,500 ms/)
  expect(first.stdout).toMatch(/targets {2}back-0/)
  expect(existsSync(join(place.folder, '.aftershock'))).toBe(false)
  await withListener(place.ports[2] ?? 0, async () => {
    const again = await run(place, 'back-delay', '--dry-run', '--seed', '7')
    expect(again.stdout).toBe(first.stdout)
  })
})

test('--dry-run --json is one document; a seed chooses the same target each time', async () => {
  using place = fixtureIn(5)
  place.edit('aftershock.yaml', (text) =>
    text.replace(`upstream: 127.0.0.1:${place.ports[3]}`, (found) => `${found}\n      replicas: 5`),
  )
  const plan = async (seed: number): Promise<string> => {
    const end = await run(place, 'back-kill', '--dry-run', '--json', '--seed', String(seed))
    expect(end.code, end.stderr).toBe(0)
    return JSON.stringify(JSON.parse(end.stdout))
  }
  const plans = [await plan(1), await plan(2), await plan(3), await plan(4)]
  expect(await plan(1)).toBe(plans[0])
  expect(new Set(plans).size).toBeGreaterThan(1)
})

// What is found out only when the services have run for a while: both at a time.
describe.concurrent('after the warm-up', () => {
  test('services that send no span: exit 4, and how to give them the SDK', async () => {
    using place = fixtureIn(5)
    place.edit('aftershock.yaml', (text) => text.replaceAll(/--import '.*' /g, ''))
    await expectRefusal(place, await run(place, 'back-delay'), 4, [/no-spans/, /OTEL_EXPORTER_OTLP_ENDPOINT/])
  })

  test('a load that nobody answers: exit 4, and where to look', async () => {
    using place = fixtureIn(6)
    const [first = 0] = place.ports
    place.edit('aftershock.yaml', (text) =>
      text.replaceAll(/127\.0\.0\.1:\d+\/(buy|page)/g, `127.0.0.1:${first + 9}/$1`),
    )
    await expectRefusal(place, await run(place, 'back-delay'), 4, [/load/, /fix .*`load`/])
  })
})

async function withListener(port: number, act: () => Promise<void>): Promise<void> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  try {
    await act()
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
