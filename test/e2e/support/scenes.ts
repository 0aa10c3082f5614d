import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Fixture, fixtureIn } from './fixture.ts'
import { twoAtATime } from './two-at-a-time.ts'

type Scenes = Readonly<Record<string, (place: Fixture) => Promise<unknown>>>

const LIMIT_MS = 240_000

/**
 * Plays scenes before the tests of a file, two at a time, for its tests to look at what became of them. Vitest tries a
 * test again with what was there the first time: before that happens, the scenes it looked at are played again, each once.
 *
 * @returns what a scene gave; throws what it threw, so that what went wrong in one fails its tests and no others
 */
export function playScenes<S extends Scenes>(
  scenes: S,
): <Name extends keyof S & string>(name: Name) => Awaited<ReturnType<S[Name]>> {
  const seen = new Map<string, unknown>()
  const failures = new Map<string, unknown>()
  const fixtures: Fixture[] = []
  const lookedAt = new Set<string>()
  const playedAgain = new Set<string>()
  const play = async (name: string, slot: number): Promise<void> => {
    const place = fixtureIn(slot)
    fixtures.push(place)
    failures.delete(name)
    seen.delete(name)
    try {
      seen.set(name, await scenes[name]?.(place))
    } catch (error) {
      failures.set(name, error)
    }
  }
  beforeAll(async () => {
    await twoAtATime(Object.keys(scenes), play)
  }, LIMIT_MS)
  beforeEach(async ({ task }) => {
    const isAgain = (task.result?.retryCount ?? 0) > 0
    const again = isAgain ? [...lookedAt].filter((name) => !playedAgain.has(name)) : []
    lookedAt.clear()
    for (const name of again) playedAgain.add(name)
    await twoAtATime(again, play)
  }, LIMIT_MS)
  afterAll(() => {
    for (const one of fixtures) one.remove()
  })
  return (name) => {
    lookedAt.add(name)
    if (!seen.has(name)) throw failures.get(name) ?? new Error(`${name} was not played`)
    return seen.get(name) as Awaited<ReturnType<S[typeof name]>>
  }
}
