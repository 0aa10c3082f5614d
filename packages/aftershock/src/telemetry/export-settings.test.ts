import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Environment, exportSettings, ownResource } from './export-settings.ts'
import { samplerOf } from './sampler.ts'

const urlFor = (env: Environment): string | undefined => exportSettings(env).target?.url

describe('where spans go', () => {
  test.each([
    ['nothing is set', {}, undefined],
    ['an empty variable is unset', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
    ['a base', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, 'http://c:4318/v1/traces'],
    ['a base with a path', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c/otlp/' }, 'http://c/otlp/v1/traces'],
    [
      'the traces endpoint, as it is',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/x' },
      'http://t/x',
    ],
    [
      'gRPC with a scheme',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317/x', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'http://c:4317',
    ],
    [
      'gRPC without one is secure',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'https://c:4317',
    ],
    [
      'unless said otherwise',
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4317',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_INSECURE: 'true',
      },
      'http://c:4317',
    ],
    ['the exporter by name', { OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces'],
    ['no exporter', { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' }, undefined],
    ['no SDK', { OTEL_SDK_DISABLED: 'TRUE', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' }, undefined],
  ])('%s', (_, env: Environment, url) => {
    expect(urlFor(env)).toBe(url)
    expect(exportSettings(env).warnings).toEqual([])
  })
})

test('variables for traces win over the general ones', () => {
  const { target } = exportSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'a=1',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Bearer%20x%3D, b = 2',
    OTEL_EXPORTER_OTLP_TIMEOUT: '10',
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '20',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
  })
  expect(target).toMatchObject({
    headers: { authorization: 'Bearer x=', b: '2' },
    timeoutMs: 20,
    compression: 'gzip',
    protocol: 'http/json',
  })
})

test.each([
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'carrier pigeon'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'brotli'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon'],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
])('%s=%s is a warning that names it, and the run goes on', (name, value) => {
  const { warnings } = exportSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', [name]: value })
  expect(warnings.map((one) => [one.what, one.level])).toEqual([[`Cannot use ${name}`, 'warning']])
})

test('any environment gives settings, never an error', () => {
  const name = fc.constantFrom('ENDPOINT', 'TRACES_ENDPOINT', 'HEADERS', 'PROTOCOL', 'TIMEOUT', 'INSECURE')
  fc.assert(
    fc.property(fc.dictionary(name, fc.oneof(fc.string(), fc.constant('grpc'), fc.webUrl())), (given) => {
      const env = Object.fromEntries(
        Object.entries(given).map(([key, value]) => [`OTEL_EXPORTER_OTLP_${key}`, value]),
      )
      const { target } = exportSettings(env)
      expect(target === undefined || URL.canParse(target.url)).toBe(true)
    }),
  )
})

test('the resource: OTEL_SERVICE_NAME wins over OTEL_RESOURCE_ATTRIBUTES, both over the default', () => {
  const attributes = 'service.name=a,team=x%20y'
  expect(ownResource({}, 'chaostoolkit')).toEqual({ 'service.name': 'chaostoolkit' })
  expect(ownResource({ OTEL_RESOURCE_ATTRIBUTES: attributes }, 'd')).toEqual({
    'service.name': 'a',
    team: 'x y',
  })
  expect(
    ownResource({ OTEL_RESOURCE_ATTRIBUTES: attributes, OTEL_SERVICE_NAME: 'b' }, 'd')['service.name'],
  ).toBe('b')
})

describe('OTEL_TRACES_SAMPLER', () => {
  const traceId = (start: string): string => `${'a'.repeat(18)}${start.padEnd(14, '0')}`
  const parent = (isSampled: boolean) => ({ traceId: traceId('1'), spanId: '1'.repeat(16), isSampled })

  test.each([
    [{}, [true, true, false]],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, [false, false, false]],
    [{ OTEL_TRACES_SAMPLER: 'always_on' }, [true, true, true]],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, [false, true, false]],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, [false, false, false]],
    [{ OTEL_TRACES_SAMPLER: 'no such' }, [true, true, true]],
  ])('%o: without a parent, with a sampled one, with one that is not', (env: Environment, expected) => {
    const sampler = samplerOf(env)
    const id = traceId('8')
    expect([sampler(id, undefined), sampler(id, parent(true)), sampler(id, parent(false))]).toEqual(expected)
  })

  test('traceidratio takes its share by the id', () => {
    const sampler = samplerOf({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' })
    expect(sampler(traceId('7ffffff'), undefined)).toBe(true)
    expect(sampler(traceId('8'), undefined)).toBe(false)
  })
})
