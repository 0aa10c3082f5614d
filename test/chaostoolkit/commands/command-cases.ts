import { type CommandCase, withSettings } from './command-case.ts'
import { DISCOVER_CASES, INIT_CASES } from './init-cases.ts'
import { RUN_CASES } from './run-cases.ts'
import { SETTINGS_CASES } from './settings-cases.ts'

const E = JSON.stringify({ title: 't', description: 'd', method: [] })

const INFO_CASES: readonly CommandCase[] = [
  { name: 'info', argv: withSettings('info') },
  { name: 'info nothing', argv: withSettings('info', 'nothing') },
  { name: 'info core', argv: withSettings('info', 'core') },
  { name: 'info core extra', argv: withSettings('info', 'core', 'extra') },
  { name: 'info extensions', argv: withSettings('info', 'extensions'), stdout: 'same' },
  {
    name: 'info settings',
    argv: withSettings('info', 'settings'),
    files: { 's.yaml': 'a: 1\n' },
    stdout: 'same',
  },
  { name: 'info settings, none', argv: withSettings('info', 'settings'), stdout: 'same' },
  {
    name: 'info settings, broken',
    argv: withSettings('info', 'settings'),
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
  argv: withSettings(...argv),
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
  ...INIT_CASES,
  ...DISCOVER_CASES,
].map((one) => {
  const better = BETTER[one.name]
  return better === undefined ? one : { ...one, better }
})
