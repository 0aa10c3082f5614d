import { describe, expect, test } from 'vitest'
import { exportSettings } from '../export-settings.ts'
import { pyDict } from './test-support/scripted-run.ts'
import { isTracingControl, tracingRequest } from './tracing-request.ts'

/** Where the spans of an experiment with this control go. */
function destination(module: string, given: object, configuration: object = {}): string | undefined {
  const control = { name: 'tracing', provider: { type: 'python', module, arguments: given } }
  const request = tracingRequest(pyDict({ controls: [control] }), [], pyDict(configuration))
  const { target } = exportSettings({}, request?.asked)
  return target === undefined ? undefined : `${target.protocol} ${target.url}`
}

describe('where a declared control sends', () => {
  const opentelemetry = { provider: 'opentelemetry' }
  test.each<[string, string, object, string | undefined]>([
    ['the new one: localhost', 'chaostracing.oltp', {}, 'http/protobuf http://localhost:4318/v1/traces'],
    ['the noop tracer: nowhere', 'chaostracing.control', {}, undefined],
    [
      'Jaeger’s agent: OTLP at the same host',
      'chaostracing.control',
      { provider: 'jaeger', host: 'jaeger' },
      'http/protobuf http://jaeger:4318/v1/traces',
    ],
    [
      'Jaeger by a port of its own',
      'chaostracing.control',
      { provider: 'jaeger', host: 'jaeger', port: 14_318 },
      'http/protobuf http://jaeger:14318/v1/traces',
    ],
    [
      'Jaeger’s OTLP/gRPC port',
      'chaostracing.control',
      { provider: 'jaeger', port: 4317 },
      'grpc http://localhost:4317',
    ],
    [
      'oltp-grpc without an endpoint',
      'chaostracing.control',
      { ...opentelemetry, exporter: 'oltp-grpc' },
      'grpc http://localhost:4317',
    ],
    [
      'oltp-grpc, insecure, as host and port',
      'chaostracing.control',
      { ...opentelemetry, exporter: 'oltp-grpc', collector_endpoint: 'c:4317', collector_insecure: true },
      'grpc http://c:4317',
    ],
    [
      'oltp-http with the whole path',
      'chaostracing.control',
      { ...opentelemetry, exporter: 'oltp-http', collector_endpoint: 'http://c:4318/v1/traces' },
      'http/protobuf http://c:4318/v1/traces',
    ],
    [
      'jaeger-thrift',
      'chaostracing.control',
      { ...opentelemetry, exporter: 'jaeger-thrift', host: 'j' },
      'http/protobuf http://j:4318/v1/traces',
    ],
  ])('%s', (_, module, given, expected) => {
    expect(destination(module, given)).toBe(expected)
  })

  test('arguments win over the configuration', () => {
    const configuration = { tracing_provider: 'opentelemetry', tracing_host: 'a', tracing_port: 14_318 }
    expect(destination('chaostracing.control', {}, configuration)).toBe(
      'http/protobuf http://a:14318/v1/traces',
    )
    expect(destination('chaostracing.control', { host: 'b' }, configuration)).toBe(
      'http/protobuf http://b:14318/v1/traces',
    )
  })
})

test.each([
  ['at the top', { controls: [{ name: 't', provider: { module: 'chaostracing.oltp' } }] }],
  [
    'on an activity',
    { method: [{ name: 'a', controls: [{ name: 't', provider: { module: 'chaostracing.oltp' } }] }] },
  ],
])('a control is found %s', (_, experiment) => {
  expect(tracingRequest(pyDict(experiment), [], new Map())?.control).toBe('oltp')
})

test('a control of the settings counts, an experiment without one asks for nothing', () => {
  const globals = [pyDict({ name: 't', provider: { module: 'chaostracing.control' } })]
  expect(tracingRequest(new Map(), globals, new Map())?.control).toBe('control')
  expect(tracingRequest(pyDict({ controls: [] }), [], new Map())).toBeUndefined()
})

test('headers are read in each of their forms', () => {
  const asked = (headers: unknown) => {
    const given = { provider: 'opentelemetry', collector_headers: headers }
    const controls = [{ provider: { module: 'chaostracing.control', arguments: given } }]
    return tracingRequest(pyDict({ controls }), [], new Map())?.asked?.headers
  }
  expect(asked('a=1, b=x=y')).toEqual({ a: '1', b: 'x=y' })
  expect(asked({ a: 1 })).toEqual({ a: '1' })
  expect(asked([['a', '1']])).toEqual({ a: '1' })
})

test('only modules of chaostracing are ours', () => {
  const control = (module: string) => isTracingControl(pyDict({ provider: { module } }))
  expect([control('chaostracing.oltp'), control('chaostracing.control'), control('chaostracing2.x')]).toEqual(
    [true, true, false],
  )
})
