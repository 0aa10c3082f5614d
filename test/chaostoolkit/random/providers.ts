// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import { jsonText } from './texts.ts'
import { type Json, raw, type World } from './world.ts'

export function providerOf(world: World): Json {
  const { c } = world
  return c.of([pythonOf, pythonOf, processOf, httpOf])(world)
}

function pythonOf({ c }: World): Json {
  const call = (func: string, given?: Json, more: { readonly [key: string]: Json } = {}): Json => ({
    type: 'python',
    module: 'lib',
    func,
    ...(given === undefined ? {} : { arguments: given }),
    ...more,
  })
  const value = (): Json =>
    c.of<() => Json>([
      () => raw(jsonText(c, 2)),
      () => c.of(['${a}', '$a', 'x ${b}', '${s}', '$$', '${nothing}', '${n}']),
    ])()
  return c.of([
    () => call('give', { value: value() }),
    () => call('give', { value: value() }),
    () => call('give'),
    () => call('count'),
    () => call('add', { a: value(), b: value() }),
    () => call('keywords', { z: value(), a: value() }),
    () =>
      call('fail', {
        how: c.of(['failed', 'value', 'key', 'interrupt', 'exit', 'chained', 'empty', 'lines', 'assert']),
      }),
    () =>
      call('strange', {
        kind: c.of(['date', 'time', 'decimal', 'uuid', 'tuple', 'keys', 'float', 'int', 'text', 'error']),
      }),
    () => call('configured', { key: c.of(['a', 'b', 'n']) }),
    () => call('configured'),
    () => call('secret', {}, { secrets: c.of([['one'], ['two', 'one'], ['nowhere'], []]) }),
    () => call('secret'),
    () => call('both', { a: value() }, { secrets: ['one'] }),
    () => call('environment', { name: c.of(['SET', 'FROM_FILE', 'UNSET']) }),
    () => call('talk'),
    () => call('positional', { last: 1 }),
    () =>
      call(c.of(['missing', 'NOT_A_FUNCTION', 'add', 'give']), c.of<Json>([{}, { nothing: 1 }, { a: 1 }])),
    () => ({ type: 'python', module: 'os.path', func: 'basename', arguments: { p: value() } }),
    () => ({
      type: 'python',
      module: c.of(['nowhere', 'json', '']),
      func: 'dumps',
      arguments: { obj: value() },
    }),
  ])()
}

function processOf({ c }: World): Json {
  const shell = (text: string): Json => ({ type: 'process', path: 'sh', arguments: ['-c', text] })
  return c.of<Json>([
    { type: 'process', path: 'echo', arguments: 'hello ${a} "quoted words"' },
    { type: 'process', path: 'echo', arguments: ['hello', '${b}', '', null, 3, 1.0, true, ['x'], { k: 1 }] },
    { type: 'process', path: 'echo', arguments: { '-n': null, '--key': 'value', n: 5 } },
    { type: 'process', path: 'echo' },
    { type: 'process', path: 'printf', arguments: "'a\\nb\\n'" },
    { type: 'process', path: 'false' },
    { type: 'process', path: 'nothing-here', arguments: '1' },
    { type: 'process', path: 'sleep', arguments: '2', timeout: 0.3 },
    { type: 'process', path: 'echo', arguments: 'x', timeout: '${n}' },
    shell('echo some words to read; echo and some more >&2; exit 3'),
    shell('kill -9 $$'),
    shell('echo "$SET and $WORDS"'),
    shell("printf 'grüße aus köln und von überall'"),
    shell('cat /dev/null'),
  ])
}

function httpOf({ c, url }: World): Json {
  const path = c.of([
    '/json',
    '/charset',
    '/text',
    '/utf8',
    '/latin',
    '/badjson',
    '/empty',
    '/number',
    '/null',
    '/gzip',
    '/created',
    '/moved',
    '/kept',
    '/seen',
    '/loop',
    '/echo',
    '/echo?a=1',
    '/status/404',
    '/status/503',
    '/drop',
    '/nothing',
    '/brokenzip',
    '/elsewhere',
    '/short',
    '/slow',
    '/slowly',
    '/octets',
    '/upper',
    '/untyped',
  ])
  const given = (): Json | undefined =>
    c.of<Json | undefined>([
      undefined,
      { a: '${a}', list: [1, 'two', null], t: true, none: null, f: 1.0 },
      { deep: { k: 1 } },
      'text ${b}',
      [['k', 'v']],
      {},
    ])
  return {
    type: 'http',
    url: c.once(15)
      ? c.of(['nowhere', 'ftp://x/', 'http://127.0.0.1:9/', '${nothing}/x'])
      : c.once(3)
        ? `\${url}${path}`
        : `${url}${path}`,
    method: c.once(2)
      ? c.of(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'post', 'OPTIONS'])
      : undefined,
    headers: c.once(2)
      ? c.of<Json>([
          { 'Content-Type': 'application/json' },
          { 'content-type': 'application/json' },
          { 'X-One': 'v ${n}', 'X-Two': '${a}' },
          { Accept: 'text/plain', Authorization: 'Bearer x' },
          { 'Content-Type': 'text/plain' },
        ])
      : undefined,
    arguments: given(),
    timeout: path.startsWith('/slow') ? 0.5 : c.once(6) ? c.of<Json>([2, [1, 2], 0.5, '${n}']) : undefined,
    verify_tls: c.once(10) ? false : undefined,
    max_retries: c.once(10) ? 1 : undefined,
    expected_status: c.once(15) ? 200 : undefined,
  }
}
