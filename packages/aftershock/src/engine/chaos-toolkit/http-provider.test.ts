// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { httpProvider } from './http-provider.ts'
import type { ActivityOutcome } from './ports.ts'
import { type HttpStub, httpStub } from './test-support/http-stub.ts'
import { dictOf, keptLog } from './test-support/run-text.ts'

type Call = { readonly arguments?: PyValue; readonly configuration?: PyDict; readonly signal?: AbortSignal }

function call(provider: Record<string, unknown>, more: Call = {}): Promise<ActivityOutcome> {
  const { log } = keptLog()
  const declared = dictOf(readJson(JSON.stringify({ type: 'http', ...provider })))
  return httpProvider(log).run({
    activity: dict({ name: 'a', provider: declared }),
    arguments: more.arguments ?? declared.get('arguments'),
    configuration: more.configuration ?? dict({}),
    secrets: dict({}),
    lane: 'foreground',
    isInHypothesis: false,
    signal: more.signal ?? new AbortController().signal,
    carrier: { headers: { traceparent: '00-aa-bb-01' }, env: {} },
  })
}

/** The output as Python writes it, or how the call ended. */
function told(outcome: ActivityOutcome): string {
  if (outcome.kind === 'returned') return pythonText(dictOf(outcome.value).get('body') ?? null)
  return outcome.kind === 'stopped' ? 'stopped' : `${outcome.kind}: ${outcome.error.message}`
}

const echo = () => httpStub((seen, response) => response.end(`${seen.method} ${seen.path} ${seen.body}`))
const answering = (headers: Record<string, string | string[]>, body: string | Buffer) =>
  httpStub((_, response) => response.writeHead(200, headers).end(body))

describe('what an http activity sends', () => {
  test('GET: arguments as a query behind what is there, lists repeated, nulls left out', async () => {
    await using server = await echo()
    const outcome = await call({
      url: `${server.url}/e?x=1`,
      arguments: { a: 7, l: [1, 2], n: null, b: true, f: 1.5, t: 'ä b&c' },
    })
    expect(told(outcome)).toBe('GET /e?x=1&a=7&l=1&l=2&b=True&f=1.5&t=%C3%A4+b%26c ')
  })

  test('other verbs: a form, unless a header says JSON in exactly these letters', async () => {
    await using server = await echo()
    const post = (headers: object) => call({ url: server.url, method: 'post', headers, arguments: { a: 7 } })
    expect(told(await post({}))).toBe('POST / a=7')
    expect(told(await post({ 'Content-Type': 'application/json' }))).toBe('POST / {"a": 7}')
    expect(told(await post({ 'content-type': 'application/json' }))).toBe('POST / a=7')
    expect(server.seen.map((one) => one.headers['content-type'])).toEqual([
      'application/x-www-form-urlencoded',
      'application/json',
      'application/json',
    ])
  })

  test('the trace context, unless the experiment has its own', async () => {
    await using server = await echo()
    await call({ url: server.url })
    await call({ url: server.url, headers: { Traceparent: 'mine' } })
    expect(server.seen.map((one) => one.headers.traceparent)).toEqual(['00-aa-bb-01', 'mine'])
  })

  test('substituted addresses and headers', async () => {
    await using server = await echo()
    const configuration = dict({ base: server.url, token: 'abc' })
    await call({ url: '${base}/x', headers: { 'X-Token': '${token}' } }, { configuration })
    expect(server.seen.map((one) => [one.path, one.headers['x-token']])).toEqual([['/x', 'abc']])
  })

  test('a redirect of a POST becomes a GET, and credentials stay with the host', async () => {
    await using other = await echo()
    await using server = await httpStub((_, response) =>
      response.writeHead(302, { Location: `${other.url}/to` }).end(),
    )
    const headers = { Authorization: 'secret' }
    const outcome = await call({ url: server.url, method: 'POST', headers, arguments: { a: 1 } })
    expect(told(outcome)).toBe('GET /to ')
    expect(other.seen[0]?.headers.authorization).toBeUndefined()
  })
})

describe('what an http activity gives', () => {
  test('status, headers with doubled ones joined, body', async () => {
    await using server = await answering({ 'Content-Type': 'text/plain', 'X-Dup': ['1', '2'] }, 'hi')
    const outcome = await call({ url: server.url })
    const value = outcome.kind === 'returned' ? dictOf(outcome.value) : dict({})
    expect(value.get('status')).toBe(200n)
    expect(dictOf(value.get('headers')).get('X-Dup')).toBe('1, 2')
  })

  test.each([
    ['application/json', '{"a": 1.0}', "{'a': 1.0}"],
    // As requests: only exactly this type is parsed, and text without a charset is latin-1.
    ['application/json; charset=utf-8', '{"a": 1}', '{"a": 1}'],
    ['text/plain', 'é', 'Ã©'],
    ['text/plain; charset=utf-8', 'é', 'é'],
    ['application/octet-stream', 'é', 'é'],
  ])('%s: %s becomes %s', async (type, body, text) => {
    await using server = await answering({ 'Content-Type': type }, body)
    expect(told(await call({ url: server.url }))).toBe(text)
  })

  test('unpacked bodies', async () => {
    await using server = await answering({ 'Content-Encoding': 'gzip' }, gzipSync('packed'))
    expect(told(await call({ url: server.url }))).toBe('packed')
  })
})

describe('how an http activity fails', () => {
  test('nobody listens: failed', async () => {
    expect(told(await call({ url: 'http://127.0.0.1:9/x' }))).toMatch(
      /^failed: failed to connect to http:\/\/127\.0\.0\.1:9\/x: connect ECONNREFUSED/,
    )
  })

  test('no answer in time: failed', async () => {
    await using server = await httpStub(() => {})
    expect(told(await call({ url: server.url, timeout: [5, 0.1] }))).toBe(
      'failed: activity took too long to complete',
    )
  })

  test.each([
    ['redirects without end', { location: '/again' }, '', 302, 'Exceeded 30 redirects'],
    ['a redirect to another protocol', { location: 'ftp://x/' }, '', 302, 'No connection adapters'],
    [
      'a body that is not packed as it says',
      { 'content-encoding': 'gzip' },
      'plain',
      200,
      'incorrect header',
    ],
    ['a body that is cut off', { 'content-length': '100' }, 'short', 200, 'Connection broken'],
  ] as const)('%s: raises, as nobody expects it', async (_, headers, body, status, words) => {
    await using server = await httpStub((_seen, response) => {
      response.writeHead(status, headers)
      const isCut = 'content-length' in headers
      response.write(body, () => (isCut ? response.socket?.end() : response.end()))
    })
    await expect(call({ url: server.url })).rejects.toThrow(words)
  })

  test('a connection that is dropped is tried again as often as asked', async () => {
    await using server = await httpStub((_, response, request) => {
      if (dropped.length++ < 2) request.socket.destroy()
      else response.end('third')
    })
    const dropped: number[] = []
    expect(told(await call({ url: server.url, max_retries: 2 }))).toBe('third')
  })

  test.each([
    [{ url: 'nope://x' }, "No connection adapters were found for 'nope://x'"],
    [{ url: 'x' }, "Invalid URL 'x': No scheme supplied. Perhaps you meant https://x?"],
    [{ url: 'http://127.0.0.1:9', timeout: '5' }, 'Timeout value was 5, but it must be a number.'],
    [
      { url: 'http://127.0.0.1:9', headers: { a: 1 } },
      "Header part (1) from 'a' must be of type str or bytes",
    ],
  ])('%j raises: %s', async (provider, message) => {
    await expect(call(provider)).rejects.toThrow(message)
  })

  test('what says it is JSON and is not raises', async () => {
    await using server = await answering({ 'Content-Type': 'application/json' }, 'nope')
    await expect(call({ url: server.url })).rejects.toThrow('Expecting value: line 1 column 1 (char 0)')
  })

  test('the end of the run ends the call', async () => {
    await using server = await httpStub(() => {})
    const ending = new AbortController()
    setTimeout(() => ending.abort(), 50)
    expect(told(await call({ url: server.url }, { signal: ending.signal }))).toBe('stopped')
  })
})

test('http_proxy is honoured, no_proxy as well', async () => {
  await using proxy: HttpStub = await echo()
  await using server = await echo()
  process.env.http_proxy = proxy.url
  try {
    expect(told(await call({ url: 'http://far.example/x' }))).toBe('GET http://far.example/x ')
    process.env.no_proxy = '127.0.0.1'
    expect(told(await call({ url: `${server.url}/near` }))).toBe('GET /near ')
  } finally {
    delete process.env.http_proxy
    delete process.env.no_proxy
  }
})
