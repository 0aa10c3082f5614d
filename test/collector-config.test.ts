import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { collectorConfig } from '../packages/aftershock/src/formats/collector-config.ts'

const collector = process.env.AFTERSHOCK_OTELCOL
if (collector === undefined)
  console.warn(
    '\n!!! no OpenTelemetry Collector: collector-config is not validated by it (AFTERSHOCK_OTELCOL=<path>)\n',
  )

describe.runIf(collector !== undefined)('an OpenTelemetry Collector with the transform processor', () => {
  test.each([0, 2])('accepts a configuration with %i windows', (count) => {
    const folder = mkdtempSync(join(tmpdir(), 'aftershock-otelcol-'))
    const windows = Array.from({ length: count }, (_, i) => ({
      experiment: { id: 'u', name: 'shop/"slow"', kind: 'NetworkChaos', action: 'delay' },
      targets: [
        { service: 'payment', namespace: 'shop', pods: [] },
        { service: 'cart', namespace: 'shop', pods: ['cart-0', 'cart-1'] },
      ],
      startNs: BigInt(i) * 1_000_000_000n,
      endNs: 1_780_000_000_000_000_000n,
      certainty: i === 0 ? ('possible' as const) : ('certain' as const),
    }))
    const file = join(folder, 'collector.yaml')
    writeFileSync(
      file,
      collectorConfig({ aftershock: 'http://127.0.0.1:4318', backend: 'http://t:4318', windows }),
    )
    const checked = spawnSync(collector ?? '', ['validate', '--config', file], { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    expect(checked.stderr).toBe('')
    expect(checked.status).toBe(0)
  })
})
