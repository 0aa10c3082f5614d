import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitCommand } from './command-line.ts'

const words = (line: string) => {
  const split = splitCommand(line)
  return split.ok ? split.value : split.problems[0].why
}

test('splitCommand() splits at blanks and honours quotes', () => {
  expect(words(`node "my app.js" --name='a "b"' c\\ d ""`)).toEqual([
    'node',
    'my app.js',
    '--name=a "b"',
    'c d',
    '',
  ])
})

test('splitCommand() puts in variables that are set, outside single quotes, and leaves the rest as written', () => {
  const line = `serve --port $PORT "--at=127.0.0.1:\${PORT}" '$PORT' $HOME_OF a$ "$" \\$PORT $1 $PORTS`
  const split = splitCommand(line, { PORT: '80 81' })
  expect(split.ok && split.value).toEqual([
    'serve',
    '--port',
    '80 81',
    '--at=127.0.0.1:80 81',
    '$PORT',
    '$HOME_OF',
    'a$',
    '$',
    '$PORT',
    '$1',
    '$PORTS',
  ])
})

test('splitCommand() says so when a quote stays open, the line is empty or a shell is asked for', () => {
  expect(words(`node 'app`)).toBe("every quote must be closed: a ' stays open")
  expect(words('  ')).toBe('it must name a program: it is empty')
  expect(words('a | b')).toBe('"|" needs a shell, and commands are run without one')
})

test('splitCommand() gives back any words that were quoted', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (wanted) => {
      const line = wanted.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
      expect(words(line)).toEqual(wanted)
    }),
  )
})
