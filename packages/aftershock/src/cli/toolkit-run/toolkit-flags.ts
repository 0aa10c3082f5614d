import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Experiment } from '../../model/fault.ts'
import { ProblemError } from '../../model/problem.ts'

/** Flags of `chaos run` that have a meaning inside our phases; each does there what it does here. */
export type ToolkitFlags = {
  readonly var?: readonly string[]
  readonly varFile?: readonly string[]
  readonly controlFile?: readonly string[]
  readonly rollbackStrategy?: string
  readonly hypothesisStrategy?: string
  readonly hypothesisFrequency?: string
  readonly failFast?: boolean
  readonly validation?: boolean
  readonly verifyTls?: boolean
  readonly settings?: string
  readonly python?: string
}

export function addToolkitOptions(command: Command): Command {
  return command
    .optionsGroup('Options for Chaos Toolkit experiments (as of `chaos run`):')
    .option('--var <key[:type]=value>', 'configuration of the experiment; repeat it for more', collect)
    .option('--var-file <file>', 'JSON, YAML or .env file with values; repeat it for more', collect)
    .option('--control-file <file>', 'file with global controls; repeat it for more', collect)
    .addOption(
      new Option('--rollback-strategy <when>', 'when rollbacks are played').choices([
        'default',
        'always',
        'never',
        'deviated',
      ]),
    )
    .addOption(
      new Option('--hypothesis-strategy <when>', 'when the steady state is checked').choices([
        'default',
        'before-method-only',
        'after-method-only',
        'during-method-only',
        'continuously',
      ]),
    )
    .option('--hypothesis-frequency <seconds>', 'between two rounds during the method (default: 1)', seconds)
    .option('--fail-fast', 'end the method as soon as such a round deviates')
    .option('--no-validation', 'do not validate the experiment before running')
    .option('--no-verify-tls', 'do not verify the certificate of the server that an experiment comes from')
    .option('--settings <file>', 'settings of the Chaos Toolkit (default: ~/.chaostoolkit/settings.yaml)')
    .option('--python <path>', 'Python for extensions (default: CHAOS_PYTHON, VIRTUAL_ENV, python3)')
    .optionsGroup('Options:')
}

/** The command line of `chaos run` that says the same; files are where the user stands. */
export function chaosRunArguments(flags: ToolkitFlags, cwd: string): readonly string[] {
  const many = (name: string, values: readonly string[] = []) => values.flatMap((value) => [name, value])
  const files = (values: readonly string[] = []) => values.map((file) => resolve(cwd, file))
  const text = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value])
  return [
    ...many('--var', flags.var),
    ...many('--var-file', files(flags.varFile)),
    ...many('--control-file', files(flags.controlFile)),
    ...text('--rollback-strategy', flags.rollbackStrategy),
    ...text('--hypothesis-strategy', flags.hypothesisStrategy),
    ...text('--hypothesis-frequency', flags.hypothesisFrequency),
    ...(flags.failFast === true ? ['--fail-fast'] : []),
    ...(flags.validation === false ? ['--no-validation'] : []),
    ...(flags.verifyTls === false ? ['--no-verify-tls'] : []),
  ]
}

/** @throws ProblemError when flags were given that none of the files has a use for */
export function checkToolkitFlags(flags: ToolkitFlags, experiments: readonly Experiment[]): void {
  const given = [...chaosRunArguments(flags, '.').filter((word) => word.startsWith('--'))]
  if (flags.settings !== undefined) given.push('--settings')
  if (flags.python !== undefined) given.push('--python')
  const [first] = given
  if (first === undefined || experiments.some((one) => one.format === 'chaos-toolkit')) return
  const file = experiments[0]?.file ?? ''
  throw new ProblemError([
    {
      code: 'flag-without-experiment',
      what: `Cannot use ${first}`,
      where: { file },
      why: 'it is for Chaos Toolkit experiments: none of the files is one',
      fix: `leave ${first} out, or run a Chaos Toolkit experiment`,
    },
  ])
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function seconds(text: string): string {
  if (!(Number(text) >= 0) || text.trim() === '')
    throw new InvalidArgumentError('it must be a number of seconds.')
  return text
}
