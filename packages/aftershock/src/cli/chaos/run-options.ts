import type { Option } from './options.ts'

export const NO_TLS: Option = {
  name: '--no-verify-tls',
  kind: 'flag',
  help: 'Do not verify TLS certificate.',
}
export const VARIABLES: readonly Option[] = [
  { name: '--var', kind: 'many', help: 'Configuration as key=value or key:type=value; several times.' },
  { name: '--var-file', kind: 'many', help: 'JSON, YAML or .env file with values; several times.' },
]

/** Of `chaos run`. */
export const RUN_OPTIONS: readonly Option[] = [
  { name: '--journal-path', kind: 'text', byDefault: './journal.json', help: 'Where to save the journal.' },
  {
    name: '--dry',
    kind: 'choice',
    choices: ['probes', 'actions', 'activities', 'pause'],
    help: 'Run the experiment without executing the chosen kind.',
  },
  { name: '--no-validation', kind: 'flag', help: 'Do not validate the experiment before running.' },
  NO_TLS,
  {
    name: '--rollback-strategy',
    kind: 'choice',
    choices: ['default', 'always', 'never', 'deviated'],
    help: 'When rollbacks are played.',
  },
  ...VARIABLES,
  { name: '--control-file', kind: 'many', help: 'File with global controls; several times.' },
  {
    name: '--hypothesis-strategy',
    kind: 'choice',
    choices: [
      'default',
      'before-method-only',
      'after-method-only',
      'during-method-only',
      'continuously',
      'continously',
    ],
    help: 'When the hypothesis is checked.',
  },
  {
    name: '--hypothesis-frequency',
    kind: 'number',
    byDefault: '1.0',
    help: 'Seconds between two rounds of during-method-only and continuously.',
  },
  { name: '--fail-fast', kind: 'flag', help: 'End as soon as a round of them deviates.' },
  {
    name: '--strict-compat',
    kind: 'flag',
    help: "The reference's behaviour exactly, also where it loses the journal or leaves a fault.",
  },
  {
    name: '--exit-on-deviation',
    kind: 'choice',
    choices: ['after', 'during'],
    byDefault: 'after',
    help: 'during: exit 1 also when a round during the method deviated.',
  },
  {
    name: '--on-gate-failure',
    kind: 'choice',
    choices: ['exit0', 'exit1'],
    byDefault: 'exit0',
    help: 'exit1: exit 1 when the hypothesis is not met before the method.',
  },
]
