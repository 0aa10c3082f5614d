import { type CommandCase, withSettings } from './command-case.ts'

const SETTINGS = `auths:
  example.com:8443:
    type: bearer
    value: XYZ
b: [1, {c: two}, [3, 4]]
a: {x: yes, "n.m": 1.50, deep: {d: 2024-01-01, t: 2024-01-01 10:00:00}}
empty:
list: []
none: {}
text: "multi\\nline: 'x'"
z: 0o17
`

const settingsCase = (argv: readonly string[], text: string = SETTINGS): CommandCase => ({
  name: `settings ${argv.join(' ')}${text === SETTINGS ? '' : ` of ${JSON.stringify(text)}`}`,
  argv: withSettings('settings', ...argv),
  files: { 's.yaml': text },
  stdout: 'same',
})

export const SETTINGS_CASES: readonly CommandCase[] = [
  ...[
    ['show'],
    ['show', '--format', 'json'],
    ['show', '--format', 'yaml'],
    ['show', '--format', 'string'],
    ['show', 'extra'],
    ['get'],
    ['get', 'a'],
    ['get', 'a.x'],
    ['get', 'a.n\\.m'],
    ['get', 'a.n.m'],
    ['get', 'auths.example\\.com:8443'],
    ['get', 'b'],
    ['get', 'b[1]'],
    ['get', 'b[1].c'],
    ['get', 'b[2]'],
    ['get', 'b[2][0]'],
    ['get', 'b[9]'],
    ['get', 'b[]'],
    ['get', 'b[-1]'],
    ['get', 'a[0]'],
    ['get', 'a.x.y'],
    ['get', 'b.c'],
    ['get', ''],
    ['get', '.'],
    ['get', 'empty'],
    ['get', 'text'],
    ['get', 'z'],
    ['get', 'list'],
    ['get', 'none'],
    ['get', '--format', 'string', 'a'],
    ['get', '--format', 'string', 'b'],
    ['get', '--format', 'string', 'a.x'],
    ['get', '--format', 'string', 'text'],
    ['get', '--format', 'json', 'text'],
    ['get', '--format', 'json', 'b'],
    ['get', '--format', 'json', 'list'],
    ['get', '--format', 'json', 'none'],
    ['get', '--format', 'json', 'a.deep.d'],
    ['get', '--format', 'yaml', 'a.deep'],
    ['get', '--format', 'nothing', 'a'],
    ['get', 'a', '--format', 'json'],
    ['get', 'a', 'b'],
    ['set', 'a.x', '"new"'],
    ['set', 'a.x', 'new'],
    ['set', 'a.x', '{"k": [1, 2.0, null, true, "no"]}'],
    ['set', 'a.y', '1'],
    ['set', 'b[0]', '"é"'],
    ['set', 'b[2]', '1e3'],
    ['set', 'a.x'],
    ['set', 'a.x', '1', '2'],
    ['set', '--format', 'json', 'a.x', '1'],
    ['set', 'a.x', '-1'],
    ['set', 'a.x', '--', '-1'],
    ['set', 'none', '"017"'],
    ['set', 'text', '"yes"'],
    ['remove', 'a.x'],
    ['remove', 'a'],
    ['remove', 'b[0]'],
    ['remove', 'b[1].c'],
    ['remove', 'zz'],
    ['remove'],
    ['remove', 'auths.example\\.com:8443.value'],
    ['nothing'],
    [],
    ['show', '--help', '--nothing'],
  ].map((argv) => settingsCase(argv)),
  ...[
    '',
    'a: [',
    '- 1\n- 2\n',
    'text\n',
    '1',
    'null',
    'a: 1\n---\nb: 2\n',
    '\ta: 1',
    'a: !!python/none x',
  ].flatMap((text) =>
    [['show'], ['get', 'a'], ['set', 'a', '2'], ['remove', 'a'], ['show', '--format', 'json']].map((argv) =>
      settingsCase(argv, text),
    ),
  ),
  ...[['show'], ['get', 'a'], ['set', 'a', '1'], ['remove', 'a']].map((argv) => ({
    name: `settings ${argv.join(' ')} without a file`,
    argv: withSettings('settings', ...argv),
  })),
]
