import type { CommandCase } from './command-case.ts'

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

const with_ = (...argv: readonly string[]) => ['--no-version-check', '--settings', './s.yaml', ...argv]

const settingsCase = (argv: readonly string[], text: string = SETTINGS): CommandCase => ({
  name: `settings ${argv.join(' ')}${text === SETTINGS ? '' : ` of ${JSON.stringify(text)}`}`,
  argv: with_('settings', ...argv),
  files: { 's.yaml': text },
  stdout: 'same',
})

const SETTINGS_CASES: readonly CommandCase[] = [
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
    argv: with_('settings', ...argv),
  })),
]

const E = JSON.stringify({ title: 't', description: 'd', method: [] })

const INFO_CASES: readonly CommandCase[] = [
  { name: 'info', argv: with_('info') },
  { name: 'info nothing', argv: with_('info', 'nothing') },
  { name: 'info core', argv: with_('info', 'core') },
  { name: 'info core extra', argv: with_('info', 'core', 'extra') },
  { name: 'info extensions', argv: with_('info', 'extensions'), stdout: 'same' },
  { name: 'info settings', argv: with_('info', 'settings'), files: { 's.yaml': 'a: 1\n' }, stdout: 'same' },
  { name: 'info settings, none', argv: with_('info', 'settings'), stdout: 'same' },
  {
    name: 'info settings, broken',
    argv: with_('info', 'settings'),
    files: { 's.yaml': 'a: [' },
    stdout: 'same',
  },
  {
    name: 'info settings, default place',
    argv: ['--no-version-check', 'info', 'settings'],
    files: { '.chaostoolkit/settings.yaml': 'a: 1' },
    stdout: 'same',
  },
  {
    name: 'info settings, default place, none',
    argv: ['--no-version-check', 'info', 'settings'],
    stdout: 'same',
  },
  {
    name: 'info settings, a folder',
    argv: ['--no-version-check', '--settings', 'd', 'info', 'settings'],
    files: { 'd/x': '1' },
    stdout: 'same',
  },
]

const GLOBAL_CASES: readonly CommandCase[] = [
  { name: 'nothing', argv: [] },
  { name: '--nothing', argv: ['--nothing'] },
  { name: '--help', argv: ['--help'] },
  { name: 'nothing: no such command', argv: ['nothing'] },
  { name: '--version', argv: ['--version'] },
  {
    name: '--change-dir nowhere',
    argv: ['--no-version-check', '--change-dir', 'nowhere', 'validate', 'e.json'],
    files: { 'e.json': E },
  },
  {
    name: '--change-dir',
    argv: [
      '--no-version-check',
      '--change-dir',
      'd',
      'run',
      'e.json',
      '--journal-path',
      'j.json',
      '--no-validation',
    ],
    files: { 'd/e.json': E },
    ownWords: ['d/j.json'],
  },
  { name: '--log-file-level nothing', argv: ['--log-file-level', 'nothing', 'info', 'core'] },
  { name: '--log-format nothing', argv: ['--log-format', 'nothing', 'info', 'core'] },
  { name: '--log-format json', argv: ['--no-version-check', '--log-format', 'json', 'info', 'core'] },
  {
    name: '--log-file in a folder that is not there',
    argv: ['--no-version-check', '--log-file', 'no/x.log', 'info', 'core'],
  },
  {
    name: '--log-file moved',
    argv: ['--no-version-check', '--log-file', 'x.txt', 'info', 'core'],
    ownWords: ['x.txt'],
  },
  { name: '--no-log-file', argv: ['--no-version-check', '--no-log-file', 'info', 'core'] },
  { name: '--verbose=1', argv: ['--verbose=1', 'info', 'core'] },
  { name: '--settings without a value', argv: ['--settings'] },
  { name: '--no-version', argv: ['--no-version', 'info', 'core'] },
  { name: '--verb', argv: ['--verb', 'info', 'core'] },
  { name: '-v', argv: ['-v', 'info', 'core'] },
  { name: '-h', argv: ['-h'] },
  { name: 'run --help', argv: ['run', '--help'] },
  { name: 'run', argv: ['run'] },
  { name: 'run a b', argv: ['run', 'a', 'b'] },
]

const fails = (
  name: string,
  files: Readonly<Record<string, string>>,
  ...argv: readonly string[]
): CommandCase => ({
  name: `${argv.join(' ')}: ${name}`,
  argv: with_(...argv),
  files,
})

const VALIDATE_CASES: readonly CommandCase[] = [
  fails('none', {}, 'validate'),
  fails('not there', {}, 'validate', 'nowhere.json'),
  fails('not there, no extension', {}, 'validate', 'nowhere'),
  fails('valid', { 'e.json': E }, 'validate', 'e.json'),
  fails('valid, yaml', { 'e.yaml': 'title: t\ndescription: d\nmethod: []\n' }, 'validate', 'e.yaml'),
  fails('two', { 'e.json': E }, 'validate', 'e.json', 'e.json'),
  fails('other extension', { 'e.txt': E }, 'validate', 'e.txt'),
  fails('upper case', { 'e.JSON': E }, 'validate', 'e.JSON'),
  fails('empty json', { 'e.json': '' }, 'validate', 'e.json'),
  fails('empty yaml', { 'e.yaml': '' }, 'validate', 'e.yaml'),
  fails('a list', { 'e.json': '[]' }, 'validate', 'e.json'),
  fails('a text', { 'e.json': '"title"' }, 'validate', 'e.json'),
  fails('no title', { 'e.json': '{"description": "d", "method": []}' }, 'validate', 'e.json'),
  fails('broken settings', { 's.yaml': 'a: [', 'e.json': E }, 'validate', 'e.json'),
  fails('settings a list', { 's.yaml': '- 1', 'e.json': E }, 'validate', 'e.json'),
  fails('a folder', { 'e.json/x': '' }, 'validate', 'e.json'),
  fails('ftp', {}, 'validate', 'ftp://127.0.0.1/e.json'),
  fails('nobody listens', {}, 'validate', 'http://127.0.0.1:9/e.json'),
  fails('--no-verify-tls', { 'e.json': E }, 'validate', '--no-verify-tls', 'e.json'),
  fails('--dry', { 'e.json': E }, 'validate', '--dry', 'actions', 'e.json'),
  fails(
    'env missing',
    {
      'e.json':
        '{"title": "t", "description": "d", "method": [], "configuration": {"a": {"type": "env", "key": "NOT_SET_X"}}}',
    },
    'validate',
    'e.json',
  ),
  fails('bytes that are no UTF-8', { 'e.json': E, 's.yaml': 'a: 1' }, 'validate', 'e.json'),
]

const RUN_CASES: readonly CommandCase[] = [
  ...[
    ['--dry', 'nothing'],
    ['--rollback-strategy', 'nothing'],
    ['--hypothesis-strategy', 'skip'],
    ['--hypothesis-strategy', 'Default'],
    ['--hypothesis-strategy', 'continously'],
    ['--hypothesis-frequency', 'x'],
    ['--hypothesis-frequency', '0'],
    ['--hypothesis-frequency', '-1'],
    ['--hypothesis-frequency', 'nan'],
    ['--hypothesis-frequency', 'inf'],
    ['--hypothesis-frequency', '1_0'],
    ['--hypothesis-frequency', ' 1 '],
    ['--hypothesis-frequency', '0x10'],
    ['--hypothesis-frequency', '1e400'],
    ['--var', 'a'],
    ['--var', 'a='],
    ['--var', 'a:int=x'],
    ['--var', 'a:what=x'],
    ['--var', '=x'],
    ['--var', 'a:json=['],
    ['--var-file', 'nowhere.json'],
    ['--var-file', 'list.json'],
    ['--var-file', 'bad.env'],
    ['--var-file', 'text.json'],
    ['--var-file', 'd'],
    ['--control-file', 'nowhere.json'],
    ['--control-file', 'list.json'],
    ['--control-file', 'broken.json'],
    ['--control-file', 'c.txt'],
    ['--control-file', 'd'],
    ['--fail-fast=1'],
    ['--journal-path', ''],
    ['--journal-path', 'd'],
    ['--nothing'],
    ['--roll', 'always'],
    ['--no-val'],
    ['--dry'],
  ].map(
    (options): CommandCase => ({
      name: `run ${options.join(' ')}`,
      argv: with_('run', 'e.json', ...options),
      files: {
        'e.json': E,
        'list.json': '[1]',
        'text.json': '"a"',
        'broken.json': '{',
        'bad.env': 'A',
        'c.txt': 'a: 1\n',
        'd/x': '1',
      },
      ownWords: ['journal.json'],
    }),
  ),
  ...[
    'runtime: 1',
    'runtime: null',
    'runtime: {rollbacks: null}',
    'runtime: {rollbacks: {strategy: null}}',
    'runtime: {hypothesis: {strategy: nothing}}',
    'controls: [1]',
    'controls: {a: 1}',
    'controls: {a: {}}',
    'controls: {a: {provider: {type: python, module: nowhere}}}',
    'controls: text',
    'notifications: {a: 1}',
    'notifications: [1]',
    'notifications: [{type: nothing}]',
    'notifications: [{type: http}]',
    'notifications: [{type: http, url: "http://127.0.0.1:9/"}]',
    'notifications: [{type: plugin, module: nowhere}]',
    'notifications: [{type: plugin}]',
    'auths: 1',
    '- 1',
    'text',
    'a: [',
    '',
  ].map(
    (settings): CommandCase => ({
      name: `run with the settings ${JSON.stringify(settings)}`,
      argv: with_('run', 'e.json'),
      files: { 'e.json': E, 's.yaml': settings },
      ownWords: ['journal.json'],
    }),
  ),
]

/** Each stands in docs/reference/chaos-toolkit.md. */
const BETTER: Readonly<Record<string, string>> = {
  '--log-file in a folder that is not there': 'the log that cannot be written is told; the command goes on',
  'info extensions': 'a package without the field License is listed as well',
  'settings show --format json': 'dates are ISO text',
  'settings get --format json a.deep.d': 'dates are ISO text',
  'settings get a --format json': 'dates are ISO text',
}

export const COMMAND_CASES: readonly CommandCase[] = [
  ...GLOBAL_CASES,
  ...INFO_CASES,
  ...SETTINGS_CASES,
  ...VALIDATE_CASES,
  ...RUN_CASES,
].map((one) => {
  const better = BETTER[one.name]
  return better === undefined ? one : { ...one, better }
})
