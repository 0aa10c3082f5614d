import { expect, test } from 'vitest'
import type { FaultPlan } from '../faults/injector.ts'
import { askConsent, looksLikeProduction } from './consent.ts'
import { processIo } from './io.ts'

const io = processIo({ color: false, cwd: undefined })
const danger = { context: 'kind', server: 'https://x' }

function plansIn(namespace: string): readonly FaultPlan[] {
  const target = { service: 'a', namespace, pod: 'a-0', role: 'target' as const }
  return [{ targets: [target], label: 'a down' } as unknown as FaultPlan]
}

test.each(['prod', 'shop-prod', 'production', 'eu_live', 'prd-1', 'arn:aws:eks:eu:cluster/prod'])(
  '%s looks like production',
  (name) => {
    expect(looksLikeProduction(name)).toBe(true)
  },
)

test.each(['products', 'staging', 'reproduce', 'alive', 'olive', 'kind'])('%s does not', (name) => {
  expect(looksLikeProduction(name)).toBe(false)
})

test('without a terminal: --yes is enough for a test cluster, production wants its context named', async () => {
  const flags = { input: false }
  await expect(askConsent(plansIn('shop'), danger, flags, io)).rejects.toMatchObject({
    problems: [{ fix: expect.stringContaining('--yes') }],
  })
  await expect(askConsent(plansIn('shop'), danger, { ...flags, yes: true }, io)).resolves.toBeUndefined()
  await expect(askConsent(plansIn('prod'), danger, { ...flags, yes: true }, io)).rejects.toMatchObject({
    problems: [{ fix: expect.stringContaining('--confirm kind') }],
  })
  await expect(askConsent(plansIn('prod'), danger, { ...flags, confirm: 'other' }, io)).rejects.toThrow()
  await expect(
    askConsent(plansIn('prod'), danger, { ...flags, confirm: 'kind' }, io),
  ).resolves.toBeUndefined()
})
