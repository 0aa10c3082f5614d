import { type CommandCase, withSettings } from './command-case.ts'

const DISCOVERY = JSON.stringify({
  activities: [
    {
      type: 'action',
      name: 'kill',
      mod: 'm.actions',
      doc: 'Kills it.',
      arguments: [
        { name: 'n', type: 'integer' },
        { name: 'rate', type: 'number', default: 0.5 },
        { name: 'label', type: 'string', default: 'x' },
        { name: 'other', type: 'string', default: null },
        { name: 'hard', type: 'boolean', default: false },
        { name: 'secrets', type: 'mapping', default: null },
        { name: 'configuration', type: 'mapping', default: null },
      ],
    },
    { type: 'probe', name: 'is_up', mod: 'm.probes', arguments: [] },
  ],
})

const wizard = (name: string, answers: readonly string[], more: Partial<CommandCase> = {}): CommandCase => ({
  name: `init: ${name}`,
  argv: withSettings('init'),
  files: { 'discovery.json': DISCOVERY },
  stdin: answers.map((one) => `${one}\n`).join(''),
  ...more,
})

const ALL = [
  'T',
  'y',
  'H',
  '1',
  'y',
  '200',
  'n',
  'y',
  '1',
  'y',
  '3',
  '',
  '',
  '',
  '',
  'n',
  'y',
  '1',
  'y',
  '5',
  '1',
  'é',
  '7',
  'yes',
  'n',
]
const EMPTY = { files: {} }

export const INIT_CASES: readonly CommandCase[] = [
  wizard('nothing was discovered', ['T', 'n'], EMPTY),
  wizard('nothing was discovered, a hypothesis', ['T', 'y', 'H'], EMPTY),
  wizard('all', ALL),
  wizard('all, as YAML', ALL, { argv: withSettings('init', '--experiment-path', 'e.yaml') }),
  wizard('all, as .YML', ALL, { argv: withSettings('init', '--experiment-path', 'e.YML') }),
  wizard('no method, no rollbacks', ['T', 'n', 'n', 'n']),
  wizard('escaped', ['T', 'n', 'y', '0', 'n']),
  wizard('an empty title is asked for again', ['', '', ' T ', 'n', 'n', 'n']),
  wizard('answers that are none', [
    'T',
    'maybe',
    'N',
    'y',
    '1',
    'Y',
    'x',
    '1.5',
    '4',
    'fast',
    '1e3',
    'l',
    'o',
    'perhaps',
    'ON',
    'n',
    'n',
  ]),
  wizard('another activity', ['T', 'n', 'y', '2', 'y', 'y', '2', 'y', 'n', 'n']),
  wizard('an activity that is not wanted', ['T', 'n', 'y', '2', 'n', 'n', 'n']),
  wizard('a number beyond the list', ['T', 'n', 'y', '9', '2', 'y', 'n', 'n']),
  wizard('broken off at once', []),
  wizard('broken off in the middle', ['T', 'y']),
  wizard('discovered elsewhere', ['T', 'n', 'y', '2', 'y', 'n', 'n'], {
    argv: withSettings('init', '--discovery-path', 'd.json'),
    files: { 'd.json': DISCOVERY },
  }),
  wizard('a discovery that is broken', ['T', 'n'], { files: { 'discovery.json': '{' } }),
  wizard('a place that cannot be written', ['T', 'n'], {
    argv: withSettings('init', '--experiment-path', 'no/e.json'),
    files: {},
  }),
  wizard('an argument too many', [], { argv: withSettings('init', 'x') }),
]

const discover = (name: string, ...argv: readonly string[]): CommandCase => ({
  name: `discover: ${name}`,
  argv: withSettings('discover', ...argv),
})

/** Without a package index: what is discovered is installed already. */
export const DISCOVER_CASES: readonly CommandCase[] = [
  ...['kubernetes', 'toxiproxy', 'prometheus', 'addons'].map((name) =>
    discover(name, '--no-install', `chaostoolkit-${name}`),
  ),
  discover('without the system', '--no-install', '--no-system-info', 'chaostoolkit-kubernetes'),
  discover(
    'into another file',
    '--no-install',
    '--discovery-path',
    'x-discovery.json',
    'chaostoolkit-addons',
  ),
  discover(
    'into a folder that is not there',
    '--no-install',
    '--discovery-path',
    'no/d.json',
    'chaostoolkit-addons',
  ),
  discover('a package that is none', '--no-install', 'chaostoolkit-nothing-of-the-kind'),
  discover('a package that is no extension', '--no-install', 'pyyaml'),
  discover('nothing', '--no-install'),
  discover('two', '--no-install', 'a', 'b'),
]
