import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type ConfiguredWindow, collectorConfig } from './collector-config.ts'

const window: ConfiguredWindow = {
  experiment: { id: 'u-1', name: 'shop/slow "one"', kind: 'NetworkChaos', action: 'delay' },
  targets: [
    { service: 'payment', namespace: 'shop', pods: ['payment-0', 'payment-1'] },
    { service: 'cart', namespace: undefined, pods: [] },
  ],
  startNs: 1_780_000_000_123_456_789n,
  endNs: 1_780_000_060_000_000_000n,
  certainty: 'certain',
}

const config = (windows: readonly ConfiguredWindow[]) =>
  parse(collectorConfig({ aftershock: 'http://127.0.0.1:4318', backend: 'http://tempo:4318', windows }))

describe('collectorConfig()', () => {
  test('marks what overlaps the window, by its nanoseconds', () => {
    const [time] = config([window]).processors['transform/chaos'].trace_statements
    expect(time.conditions).toEqual([
      'span.start_time_unix_nano < 1780000060000000000 and span.end_time_unix_nano >= 1780000000123456789',
    ])
    expect(time.statements).toContain('set(span.attributes["chaos.experiment.active"], true)')
    expect(time.statements).toContain('set(span.attributes["chaos.experiment.name"], "shop/slow \\"one\\"")')
    expect(time.statements).toContain('set(span.attributes["chaos.window.certainty"], "certain")')
  })

  test('tells targets by pod where pods are named, else by service', () => {
    const [, target] = config([window]).processors['transform/chaos'].trace_statements
    expect(target.conditions[0]).toContain(
      '(resource.attributes["k8s.namespace.name"] == "shop" and (resource.attributes["k8s.pod.name"] == "payment-0"',
    )
    expect(target.conditions[0]).toContain('or (resource.attributes["service.name"] == "cart"))')
    expect(target.statements).toEqual(['set(span.attributes["chaos.fault.target"], true)'])
  })

  test('limits memory first, and sends to the backend and to us', () => {
    const { service, exporters } = config([window])
    expect(service.pipelines.traces).toEqual({
      receivers: ['otlp'],
      processors: ['memory_limiter', 'transform/chaos'],
      exporters: ['otlp_http/backend', 'otlp_http/aftershock'],
    })
    expect(exporters['otlp_http/aftershock'].endpoint).toBe('http://127.0.0.1:4318')
  })

  test('without windows marks nothing: the receiver does', () => {
    const { processors, service } = config([])
    expect(Object.keys(processors)).toEqual(['memory_limiter'])
    expect(service.pipelines.traces.processors).toEqual(['memory_limiter'])
  })

  test('uses no path that OTTL does not have', () => {
    const text = collectorConfig({ aftershock: undefined, backend: 'http://tempo:4318', windows: [window] })
    const paths = new Set(text.match(/\b(?:span|resource)\.[a-z_]+/g))
    expect([...paths].toSorted()).toEqual([
      'resource.attributes',
      'span.attributes',
      'span.end_time_unix_nano',
      'span.start_time_unix_nano',
    ])
  })
})
