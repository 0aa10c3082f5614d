import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSource } from './source-text.ts'

const documents = (text: string, dialect?: 'kubernetes') => {
  const parsed = parseSource({ file: 'a.yaml', text }, dialect)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.value
}

test('parseSource() gives every document with the place of each node', () => {
  const [first, second] = documents('a: 1\nb:\n  - c: two\n---\n# nothing\n---\nd: 4\n')
  expect(first.value).toEqual({ a: 1, b: [{ c: 'two' }] })
  expect(first.where(['b', 0, 'c'])).toEqual({
    file: 'a.yaml',
    line: 3,
    column: 8,
    path: 'b[0].c',
    excerpt: '  - c: two',
  })
  expect(first.where(['b', 0, 'c'], 'key').column).toBe(5)
  expect(first.where(['b', 0, 'missing'])).toMatchObject({ line: 3, column: 5, path: 'b[0].missing' })
  expect(second.where(['d'], 'key')).toMatchObject({ line: 7, column: 1 })
})

test('parseSource() reads JSON, and finds places in it', () => {
  const [only] = documents('{\n\t"a": [1,\r\n 2]\n}')
  expect(only.value).toEqual({ a: [1, 2] })
  expect(only.where(['a', 1])).toMatchObject({ line: 3, column: 2, excerpt: ' 2]' })
})

test('parseSource() reads Kubernetes YAML as Kubernetes does', () => {
  const [only] = documents('abort: yes\nwhen: 2024-01-01\nport: 1:30\nmode: 0644\n', 'kubernetes')
  expect(only.value).toEqual({ abort: true, when: '2024-01-01', port: '1:30', mode: 420 })
})

test('parseSource() takes the last of two fields of one name in Kubernetes YAML, and says so', () => {
  const text = 'a: 1\na: 2\nb: 0o17\n'
  const read = parseSource({ file: 'x.yaml', text }, 'kubernetes')
  expect(read.ok ? read.value[0].value : undefined).toEqual({ a: 2, b: 15 })
  expect(read.ok ? read.warnings : []).toMatchObject([{ code: 'duplicate-key', where: { line: 2 } }])
  expect(parseSource({ file: 'x.yaml', text }).ok).toBe(false)
})

test('parseSource() says where bad YAML is', () => {
  const parsed = parseSource({ file: 'bad.yaml', text: 'a: 1\nb: [1, 2\nc: 3\n' })
  expect(parsed.ok ? [] : parsed.problems[0]).toMatchObject({
    code: 'yaml-syntax',
    where: { file: 'bad.yaml', line: 3 },
  })
})

test('parseSource() refuses a bomb of aliases, a deep nest, a file too long and too many documents', () => {
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 9; i++)
    bomb.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  for (const text of [
    bomb.join('\n'),
    '['.repeat(50_000),
    `a: ${'x'.repeat(1_100_000)}`,
    'a: *none',
    '---\na: 1\n'.repeat(1001),
  ]) {
    expect(parseSource({ file: 'x.yaml', text }).ok).toBe(false)
  }
})

test('parseSource() never throws, whatever the text', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '---\n',
    '"',
    "'",
    '<<: ',
    '|\n',
    '\t',
    '%',
    '!!int ',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  fc.assert(
    fc.property(text, (written) => {
      const parsed = parseSource({ file: 'x', text: written }, 'kubernetes')
      if (parsed.ok)
        for (const document of parsed.value) expect(document.where(['a', 0]).line).toBeGreaterThan(0)
      else for (const problem of parsed.problems) expect(problem.where?.line ?? 1).toBeGreaterThan(0)
    }),
  )
})
