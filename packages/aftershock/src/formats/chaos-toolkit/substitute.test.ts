// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasNames, substitute } from './substitute.ts'
import { arbitraryValue, json } from './values.fixture.ts'
import { isDict, type PyDict } from './values.ts'

function scope(configuration: string, secrets = '{}') {
  const dictOf = (text: string): PyDict => {
    const value = json(text)
    return isDict(value) ? value : new Map()
  }
  return { configuration: dictOf(configuration), secrets: dictOf(secrets) }
}

const NAMES = scope(
  '{"n": 7, "f": 1.0, "d": {"k": 1}, "none": null, "my-key": "Z"}',
  '{"s": {"pw": "x", "n": 0}}',
)

describe('substitute()', () => {
  test.each([
    ['${n}', 7n],
    ['${f}', 1],
    ['${none}', null],
    ['$n', '7'],
    ['a ${f} b', 'a 1.0 b'],
    ['${d}!', "{'k': 1}!"],
    ['${none}!', 'None!'],
    ['$$5', '$5'],
    ['$$$n', '$7'],
    ['${zz} $zz', '${zz} $zz'],
    ['${my-key} ${a.b} ${', '${my-key} ${a.b} ${'],
    ['${pw}', 'x'],
  ])('%s gives %s', (text, value) => {
    expect(substitute(text, NAMES)).toEqual(value)
  })

  test('lets configuration win over secrets, and earlier scopes over later ones', () => {
    const both = scope('{"a": 1}', '{"x": {"a": 2, "b": 3}, "y": {"b": 4}}')
    expect(substitute(['${a}', '${b}'], both)).toEqual([1n, 3n])
  })

  test('reaches into lists and dicts, but not into keys or what it put in', () => {
    const names = scope('{"a": "${b}", "b": 1}')
    expect(substitute(json('{"${b}": ["${a}"]}'), names)).toEqual(json('{"${b}": ["${b}"]}'))
  })

  test('leaves what holds no dollar as it is', () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        fc.pre(!JSON.stringify(substitute(value, scope('{}')), texts).includes('$'))
        expect(substitute(value, NAMES)).toEqual(value)
      }),
    )
  })
})

function texts(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Map ? [...value] : value
}

test('hasNames() is whether there is anything to substitute from', () => {
  expect(hasNames(scope('{}'))).toBe(false)
  expect(hasNames(scope('{}', '{"s": {}}'))).toBe(true)
})
