import { describe, expect, test } from 'vitest'
import { analyse, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import { randomWorld } from '../packages/aftershock/src/analysis/test-support/random-world.ts'
import { simulate } from '../packages/aftershock/src/analysis/test-support/simulate.ts'
import { windowsOf } from '../packages/aftershock/src/analysis/test-support/truth.ts'
import type { World } from '../packages/aftershock/src/analysis/test-support/world.ts'
import { type Said, type Translation, tableOfSaid } from './translations/said.ts'
import { TRANSLATIONS } from './translations/translations.ts'

// The same happenings told in the shapes of other systems (test/translations): what is found must not depend on the
// telling. Where a shape does not hold all of the truth less may be found, and nothing else.

const short = (world: World): World => ({ ...world, baselineS: 15, chaosS: 10, recoveryS: 3 })
const WORLDS: readonly World[] = [7, 21].map((seed) => short(randomWorld(seed)))
const SEED = 1

function found(
  world: World,
  spans: readonly Said[],
  { of, read = tableOfSaid, nameOf = (name) => name }: Translation,
) {
  const findings = analyse({ table: read(of(spans)), windows: windowsOf(world) })
  const mechanisms = new Map(
    findings.mechanisms
      .filter((m) => m.verdict !== 'absent' && m.kind !== 'queueing')
      .map((m) => [`${m.kind} ${nameOf(m.caller)}>${nameOf(m.callee)}`, m.count]),
  )
  return {
    mechanisms,
    failed: hurt(findings, 'failed'),
    slow: hurt(findings, 'slow'),
    suspect: nameOf(findings.suspects[0]?.service ?? ''),
  }
}

type Told = ReturnType<typeof found>

function hurt({ traces }: Findings, outcome: 'failed' | 'slow'): ReadonlySet<string> {
  return new Set(traces.filter((t) => t.attributed && t.outcome === outcome).map((t) => t.traceId))
}

/** A mechanism that happened less often may be told or not. */
const SURE = 8

/** What is told besides, or in other numbers; estimates of times may differ by a few requests. */
function differences(told: Told, plain: Told): readonly string[] {
  const room = (n: number): number => Math.max(3, 0.05 * n)
  const mechanisms = [...new Set([...told.mechanisms.keys(), ...plain.mechanisms.keys()])].flatMap((key) => {
    const [now, was] = [told.mechanisms.get(key) ?? 0, plain.mechanisms.get(key) ?? 0]
    const isSure = Math.max(now, was) >= SURE
    return isSure && Math.abs(now - was) > room(was) ? [`${key}: ${was}, told ${now}`] : []
  })
  const requests = (['failed', 'slow'] as const).flatMap((outcome) => {
    const missed = [...plain[outcome]].filter((id) => !told[outcome].has(id)).length
    const more = [...told[outcome]].filter((id) => !plain[outcome].has(id)).length
    return Math.max(missed, more) > room(plain[outcome].size)
      ? [`${outcome}: ${missed} missed, ${more} more`]
      : []
  })
  return [...mechanisms, ...requests, ...(told.suspect === plain.suspect ? [] : [`suspect ${told.suspect}`])]
}

/** What is told and was not so. */
function inventions(told: Told, plain: Told): readonly string[] {
  const mechanisms = [...told.mechanisms].filter(([key, n]) => n >= SURE && !plain.mechanisms.has(key))
  const hurtBefore = new Set([...plain.failed, ...plain.slow])
  const more = [...told.failed, ...told.slow].filter((id) => !hurtBefore.has(id))
  return [
    ...mechanisms.map(([key, n]) => `${key}: none, told ${n}`),
    ...(more.length > Math.max(3, 0.02 * hurtBefore.size) ? [`${more.length} requests more`] : []),
  ]
}

for (const [i, world] of WORLDS.entries()) {
  const { fault } = world
  describe(`a world by chance (${i + 1}), ${fault?.kind} of ${fault?.service}`, () => {
    const { spans } = simulate(world, SEED, 'yes')
    const plain = found(world, spans, { name: '', of: (said) => said })

    test('has something to find', () => {
      expect(plain.mechanisms.size).toBeGreaterThan(1)
      expect(plain.failed.size + plain.slow.size).toBeGreaterThan(30)
    })

    for (const translation of TRANSLATIONS) {
      const isWhole = translation.loses === undefined
      test(`is told as ${translation.name}: ${isWhole ? 'the same is found' : 'nothing else is found'}`, () => {
        const told = found(world, spans, translation)
        expect(isWhole ? differences(told, plain) : inventions(told, plain)).toEqual([])
      })
    }
  })
}
