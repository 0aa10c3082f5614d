import type { ChaosCommand } from './chaos-command.ts'
import type { Option } from './options.ts'
import { NO_TLS, RUN_OPTIONS, VARIABLES } from './run-options.ts'

/** Options before the command. `--python` is ours; the others are the Chaos Toolkit's. */
export const GLOBAL_OPTIONS: readonly Option[] = [
  { name: '--version', kind: 'flag', help: 'Show the version and exit.' },
  { name: '--verbose', kind: 'flag', help: 'Display debug level traces.' },
  {
    name: '--no-version-check',
    kind: 'flag',
    help: 'Accepted; nobody is ever asked for a newer version.',
  },
  { name: '--change-dir', kind: 'text', help: 'Change directory before running experiment.' },
  { name: '--no-log-file', kind: 'flag', help: 'Disable logging to file entirely.' },
  {
    name: '--log-file',
    kind: 'text',
    byDefault: 'chaostoolkit.log',
    help: "File path where to write the command's log.",
  },
  {
    name: '--log-file-level',
    kind: 'choice',
    choices: ['debug', 'info', 'warning', 'error'],
    byDefault: 'debug',
    help: 'File logging level.',
  },
  {
    name: '--log-format',
    kind: 'choice',
    choices: ['string', 'json'],
    byDefault: 'string',
    help: 'Console logging format.',
  },
  { name: '--settings', kind: 'text', help: 'Path to the settings file (~/.chaostoolkit/settings.yaml).' },
  { name: '--python', kind: 'text', help: 'Python for extensions (CHAOS_PYTHON, VIRTUAL_ENV, python3).' },
  { name: '--help', kind: 'flag', help: 'Show this message and exit.' },
]

export const HELP: Option = { name: '--help', kind: 'flag', help: 'Show this message and exit.' }
export const CHAOS_COMMANDS: Readonly<Record<string, ChaosCommand>> = {
  discover: {
    summary: 'Discover capabilities and experiments.',
    options: [
      { name: '--no-system-info', kind: 'flag', help: 'Do not discover system information.' },
      { name: '--no-install', kind: 'flag', help: 'Assume package already in PYTHONPATH.' },
      {
        name: '--discovery-path',
        kind: 'text',
        byDefault: './discovery.json',
        help: 'Where to save the discovery outcome.',
      },
    ],
    args: [{ name: 'PACKAGE', count: 'one' }],
    load: () => import('./discover.ts'),
  },
  info: {
    summary: 'Display information about the Chaos Toolkit environment.',
    options: [],
    args: [{ name: 'TARGET', count: 'one', choices: ['core', 'settings', 'extensions'] }],
    load: () => import('./info.ts'),
  },
  init: {
    summary: 'Initialize a new experiment from discovered capabilities.',
    options: [
      {
        name: '--discovery-path',
        kind: 'text',
        byDefault: './discovery.json',
        help: 'Path to the discovery outcome.',
      },
      {
        name: '--experiment-path',
        kind: 'text',
        byDefault: './experiment.json',
        help: 'Where to save the experiment (.yaml or .json).',
      },
    ],
    args: [],
    load: () => import('./init.ts'),
  },
  recover: {
    summary: 'End a run that was killed: play its rollbacks, complete its journal (./journal.json).',
    options: [],
    args: [{ name: '[JOURNAL]', count: 'any' }],
    load: () => import('./recover.ts'),
  },
  report: {
    summary: 'Turn journals into a report (Markdown or HTML).',
    options: [
      { name: '--title', kind: 'text', byDefault: 'Chaos Engineering Report', help: 'Title of the report.' },
      {
        name: '--export-format',
        kind: 'choice',
        choices: ['markdown', 'html', 'html5'],
        help: 'Format of the report; by default what its name says: .html, or Markdown.',
      },
      ...VARIABLES,
    ],
    args: [
      { name: 'JOURNAL...', count: 'several' },
      { name: 'REPORT', count: 'one' },
    ],
    load: () => import('./report.ts'),
  },
  run: {
    summary: 'Run the experiment loaded from SOURCE, either a local file or a HTTP resource.',
    options: RUN_OPTIONS,
    args: [{ name: 'SOURCE', count: 'one' }],
    load: () => import('./run.ts'),
  },
  settings: {
    summary: 'Read, write or remove from your settings file: show, get KEY, set KEY JSON, remove KEY.',
    options: [
      { name: '--format', kind: 'choice', choices: ['string', 'json', 'yaml'], help: 'Output format.' },
    ],
    args: [
      { name: 'COMMAND', count: 'one', choices: ['show', 'get', 'set', 'remove'] },
      { name: '[ARGS]...', count: 'any' },
    ],
    load: () => import('./settings.ts'),
  },
  validate: {
    summary: 'Validate the experiment at SOURCE.',
    options: [NO_TLS],
    args: [{ name: 'SOURCE', count: 'one' }],
    load: () => import('./validate.ts'),
  },
}
