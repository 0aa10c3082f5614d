import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AppliedLinkFault, StageSpec } from './proxy.ts'
import { client, echo, fault, latency, proxyFor, read, sleep, tcpService } from './test-support/tcp.ts'

const stages: fc.Arbitrary<StageSpec> = fc.oneof(
  fc.record({ latencyMs: fc.nat(15), jitterMs: fc.nat(15) }).map((more) => latency(more.latencyMs, more)),
  fc.constant<StageSpec>({ kind: 'partition' }),
  fc.constant<StageSpec>({ kind: 'duplicate', duplicatePercent: 50, correlationPercent: 20 }),
  fc.constant<StageSpec>({ kind: 'loss', lossPercent: 1, correlationPercent: 0, cause: 'corrupt' }),
  fc.constant<StageSpec>({ kind: 'rate', bytesPerSecond: 20_000_000 }),
  fc.constant<StageSpec>({
    kind: 'bandwidth',
    bytesPerSecond: 20_000_000,
    bufferBytes: 20_000,
    limitBytes: 5000,
  }),
)

const steps = fc.array(
  fc.record({
    stage: stages,
    directions: fc.constantFrom(['up'] as const, ['down'] as const, ['up', 'down'] as const),
    afterMs: fc.nat(10),
    keptMs: fc.nat(20),
  }),
  { maxLength: 5 },
)

const chunks = fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 1, maxLength: 12 })

test('bytes out are bytes in, whatever faults come and go meanwhile', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  await fc.assert(
    fc.asyncProperty(chunks, steps, async (sizes, plan) => {
      const sent = Buffer.concat(sizes.map((size, i) => Buffer.alloc(size, `${i}.${size}|`)))
      const socket = await client(proxy.address)
      const received = read(socket, Number.POSITIVE_INFINITY)
      const applied: AppliedLinkFault[] = []
      const chaos = plan.map(async ({ stage, directions, afterMs, keptMs }) => {
        await sleep(afterMs)
        const one = proxy.add(fault(stage, directions))
        applied.push(one)
        await sleep(keptMs)
        await one.remove()
      })
      let offset = 0
      for (const size of sizes) {
        socket.write(sent.subarray(offset, offset + size))
        offset += size
        if (size % 3 === 0) await sleep(1)
      }
      socket.end()
      await Promise.all(chaos)
      expect(sent.equals(await received)).toBe(true)
      for (const one of applied) {
        const { seen, eligible } = one.effect()
        expect(seen).toBeLessThanOrEqual(eligible)
      }
    }),
    { numRuns: 25, seed: 42 },
  )
  await expect.poll(() => proxy.stats().connections.open).toBe(0)
  const { bytes } = proxy.stats()
  expect(bytes.up).toBe(bytes.down)
})
