import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSource } from './source-text.ts'
import { readSystemFile } from './system-file.ts'

const full = `# yaml-language-server: $schema=aftershock-yaml.schema.json
system:
  services:
    payment-service:
      labels: { app: payment-service, version: 2 }
      command: node payment.js
      cwd: services
      env: { DEBUG: true }
      listen: 127.0.0.1:7003
      upstream: 17003
      protocol: grpc
      replicas: 2
    inventory: { listen: ":7004", upstream: "[::1]:17004" }
load:
  rps: 20
  timeout: 2s
  requests:
    - { request: POST http://127.0.0.1:8080/checkout?fast=1, weight: 2, body: { item: 1 } }
    - GET http://127.0.0.1:8080/
traces: { otlp: { http: 0 }, export: http://collector:4318, jaeger: http://127.0.0.1:16686 }
phases: { baseline: 30s, chaos: 45, recovery: 1m30s, recoveryMax: 2m }
guards: ["checkout errors > 50% for 10s"]
hypotheses: ["POST /checkout errors < 1%", "recovers within 30s"]
`

function accepted(text: string, file = 'project/aftershock.yaml') {
  const read = readSystemFile(text, file)
  if (!read.ok) throw new Error(read.problems.map((problem) => problem.why).join('\n'))
  return read
}

function refused(text: string): readonly string[] {
  const read = readSystemFile(text, 'aftershock.yaml')
  return read.ok ? [] : read.problems.map(({ where, why }) => `${where?.line}:${where?.column} ${why}`)
}

test('readSystemFile() reads a whole file', () => {
  const { value, warnings } = accepted(full)
  expect(warnings).toEqual([])
  expect(value.services[0]).toEqual({
    name: 'payment-service',
    namespace: 'default',
    labels: { app: 'payment-service', version: '2' },
    annotations: {},
    command: 'node payment.js',
    cwd: 'project/services',
    env: { DEBUG: 'true' },
    listen: { host: '127.0.0.1', port: 7003 },
    upstream: { host: '127.0.0.1', port: 17_003 },
    protocol: 'grpc',
    replicas: 2,
  })
  expect(value.services[1]).toMatchObject({
    labels: { app: 'inventory' },
    cwd: 'project',
    upstream: { host: '::1', port: 17_004 },
  })
  expect(value.load).toEqual({
    kind: 'requests',
    rps: 20,
    timeoutMs: 2000,
    requests: [
      {
        name: 'POST /checkout',
        method: 'POST',
        url: 'http://127.0.0.1:8080/checkout?fast=1',
        headers: { 'content-type': 'application/json' },
        body: '{"item":1}',
        weight: 2,
      },
      {
        name: 'GET /',
        method: 'GET',
        url: 'http://127.0.0.1:8080/',
        headers: {},
        body: undefined,
        weight: 1,
      },
    ],
  })
  expect(value.traces).toEqual({
    otlpHttp: { host: '127.0.0.1', port: 0 },
    otlpGrpc: { host: '127.0.0.1', port: 4317 },
    export: { endpoint: 'http://collector:4318/' },
    backend: { kind: 'jaeger', url: 'http://127.0.0.1:16686/' },
  })
  expect(value.phases).toEqual({
    baselineMs: 30_000,
    chaosMs: 45_000,
    recovery: 90_000,
    recoveryMaxMs: 120_000,
  })
  expect(value.hypotheses).toHaveLength(2)
})

test('readSystemFile() fills in what is left out', () => {
  const { value } = accepted('load: { request: "http://127.0.0.1:8080/a" }\n', 'aftershock.yaml')
  expect(value).toMatchObject({
    services: [],
    guards: [],
    hypotheses: [],
    phases: { baselineMs: 30_000, chaosMs: undefined, recovery: 'auto' },
  })
  expect(value.load).toMatchObject({ rps: 10, requests: [{ name: 'GET /a' }] })
  expect(accepted('load: { command: k6 run a.js }').value.load).toEqual({
    kind: 'command',
    command: 'k6 run a.js',
  })
  expect(accepted('system: { services: { a: {} } }', 'aftershock.yaml').value.services[0].cwd).toBe('.')
  expect(accepted('system: { services: { a: { cwd: b } } }', '/aftershock.yaml').value.services[0].cwd).toBe(
    '/b',
  )
})

test('readSystemFile() warns of a service that nothing can be done to', () => {
  expect(accepted('system:\n  services:\n    a: {}\n').warnings).toMatchObject([
    { code: 'out-of-reach', where: { line: 3, column: 5 } },
  ])
})

test('readSystemFile() refuses unknown fields and says what was meant', () => {
  const read = readSystemFile(
    'system:\n  services:\n    a: { lisen: 1, upstream: 2 }\nphase: {}\n',
    'aftershock.yaml',
  )
  expect(read.ok ? [] : read.problems).toMatchObject([
    {
      code: 'unknown-field',
      where: { line: 3, column: 10, path: 'system.services.a.lisen' },
      fix: expect.stringMatching('Did you mean "listen"?'),
    },
    {
      code: 'unknown-field',
      where: { line: 4, column: 1 },
      fix: expect.stringMatching('Did you mean "phases"?'),
    },
  ])
})

test('readSystemFile() refuses addresses that cannot be', () => {
  expect(refused('system: { services: { a: { command: x, listen: 7003 } } }')).toEqual([
    expect.stringMatching('listen needs upstream'),
  ])
  expect(
    refused('system: { services: { a: { listen: 1, upstream: 2 }, b: { listen: 1, upstream: 3 } } }'),
  ).toEqual([expect.stringMatching(/127.0.0.1:1 is used by a \(listen\) and by b \(listen\)/)])
  expect(refused('system: { services: { a: { upstream: 5, replicas: 3 }, b: { upstream: 7 } } }')).toEqual([
    expect.stringMatching(/127.0.0.1:7 is used by a \(upstream of replica 2\) and by b \(upstream\)/),
  ])
  expect(refused('system: { services: { a: { upstream: 65535, replicas: 2 } } }')).toEqual([
    expect.stringMatching('do not fit'),
  ])
  expect(refused('system: { services: { a: { upstream: 70000 } } }')).toEqual([
    expect.stringMatching('must be host:port or a port'),
  ])
})

test('readSystemFile() refuses bad traffic, phases, guards and hypotheses, each at its line', () => {
  expect(refused('load: { rps: 3 }')).toEqual([
    expect.stringMatching('load must have one of request, requests, command: it has none'),
  ])
  expect(refused('load: { request: "POST /checkout" }')).toEqual([
    expect.stringMatching('must be a method and an http'),
  ])
  expect(refused('load: { requests: [GET http://a/b, GET http://a/b] }')).toEqual([
    expect.stringMatching('two requests are named "GET /b"'),
  ])
  expect(refused('phases: { chaos: 1d }')).toEqual([expect.stringMatching('unknown unit "d"')])
  expect(refused('guards:\n  - errors > 50%\n  - errs > 1%\n')).toEqual([
    expect.stringMatching(/^3:5 the measure must be one of/),
  ])
  expect(refused('hypotheses: [p95 < 500]')).toHaveLength(1)
  expect(refused('traces: { jaeger: http://a, tempo: http://b }')).toEqual([
    expect.stringMatching('one backend'),
  ])
  expect(refused('')).toHaveLength(1)
  expect(refused('a: 1\n---\nb: 2\n')).toHaveLength(1)
  expect(refused('[]')).toHaveLength(1)
})

const schema = JSON.parse(
  readFileSync(new URL('../../schema/aftershock-yaml.schema.json', import.meta.url), 'utf8'),
)

test('the JSON Schema takes what readSystemFile() takes', () => {
  const validate = new Ajv({ strict: false }).compile(schema)
  const shop = readFileSync(new URL('../../../../examples/shop/aftershock.yaml', import.meta.url), 'utf8')
  for (const text of [full, shop, 'load: { command: k6 run a.js }']) {
    accepted(text)
    const source = parseSource({ file: 'a.yaml', text })
    expect([validate(source.ok ? source.value[0].value : undefined), validate.errors]).toEqual([true, null])
  }
  for (const value of [
    { phase: {} },
    { load: { rps: 3 } },
    { system: { services: { a: { listen: 1 } } } },
    { phases: { chaos: '1d' } },
  ]) {
    expect(validate(value)).toBe(false)
    expect(refused(JSON.stringify(value))).not.toEqual([])
  }
})

test('readSystemFile() never throws, whatever is changed in a file', () => {
  const junk = fc.constantFrom('', 'x', '-1', '[]', '{}', 'null', '70000', '1.5', '"', ': :')
  fc.assert(
    fc.property(fc.nat(full.length), fc.nat(20), junk, (from, length, text) => {
      const read = readSystemFile(full.slice(0, from) + text + full.slice(from + length), 'f.yaml')
      if (!read.ok) for (const problem of read.problems) expect(problem.where?.file).toBe('f.yaml')
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['http://collector:4318', { endpoint: 'http://collector:4318/' }],
  [
    '{ endpoint: https://c, protocol: grpc, headers: { x-team: 7 } }',
    { endpoint: 'https://c/', protocol: 'grpc', headers: { 'x-team': '7' } },
  ],
])('traces.export: %s', (text, expected) => {
  expect(accepted(`traces: { export: ${text} }`).value.traces.export).toEqual(expected)
})

test('traces.export that is no URL, or says too little or too much, is refused where it stands', () => {
  expect(refused('traces: { export: collector:4318 }')).toEqual([
    '1:19 traces.export must be an http:// or https:// URL: current value is "collector:4318"',
  ])
  expect(refused('traces: { export: { protocol: grpc } }')).toHaveLength(1)
  expect(refused('traces: { export: { endpoint: http://c, protocol: smoke } }')).toHaveLength(1)
  expect(refused('traces: { export: { endpoint: http://c, timeout: 1s } }')).toHaveLength(1)
})
