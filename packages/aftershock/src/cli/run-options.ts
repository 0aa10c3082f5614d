import { type Command, InvalidArgumentError, Option } from 'commander'
import { goDurationMs } from '../formats/go-duration.ts'
import type { ClusterFlags } from './cluster-flags.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { ToolkitFlags } from './toolkit-run/toolkit-flags.ts'

/** Flags of `run` (and, with other defaults, of `demo`). */
export type RunFlags = GlobalFlags &
  ClusterFlags &
  ToolkitFlags & {
    readonly dryRun?: boolean
    readonly baseline?: number
    readonly chaos?: number
    readonly recovery?: 'auto' | number
    readonly seed?: number
    readonly load?: string
    readonly rps?: number
    readonly otlpPort?: number
    readonly guard: readonly string[]
    readonly hypothesis: readonly string[]
    readonly failOn: string
    readonly format?: string
    readonly ci: string
    readonly junit?: string
    readonly out?: string
    readonly report: boolean
    readonly reportDir?: string
  }

export function addRunOptions(command: Command, name: string): Command {
  const env = (flag: string): string => `AFTERSHOCK_${name.toUpperCase()}_${flag}`
  return command
    .option('-n, --dry-run', 'resolve targets and print the plan; nothing starts, nothing is injected')
    .addOption(
      new Option('--baseline <time>', 'length of the baseline, for example 30s')
        .argParser(timeMs)
        .env(env('BASELINE')),
    )
    .addOption(
      new Option('--chaos <time>', 'length of the chaos phase (default: the fault’s duration)')
        .argParser(timeMs)
        .env(env('CHAOS')),
    )
    .addOption(
      new Option('--recovery <time>', '`auto` (until users are back) or a time')
        .argParser(autoOrTimeMs)
        .env(env('RECOVERY')),
    )
    .addOption(
      new Option('--seed <n>', 'repeats every choice left to chance').argParser(wholeNumber).env(env('SEED')),
    )
    .addOption(
      new Option('--load <request>', '`GET http://…`, `none`, or the one of aftershock.yaml').env(
        env('LOAD'),
      ),
    )
    .addOption(new Option('--rps <n>', 'requests a second').argParser(positive).env(env('RPS')))
    .addOption(
      new Option('--otlp-port <port>', 'OTLP/HTTP receiver (gRPC takes the one below)')
        .argParser(wholeNumber)
        .env(env('OTLP_PORT')),
    )
    .addOption(
      new Option(
        '--guard <text>',
        'stop when this is so, for example "errors > 50% for 10s"; repeat it for more',
      )
        .argParser(collect)
        .default([], 'those of aftershock.yaml'),
    )
    .addOption(
      new Option('--hypothesis <text>', 'what must stay true, for example "POST /checkout errors < 1%"')
        .argParser(collect)
        .default([], 'those of aftershock.yaml'),
    )
    .option('--fail-on <verdicts>', 'verdicts that give a non-zero exit', 'broke,inconclusive,stopped')
    .addOption(new Option('--format <format>').choices(['text', 'md', 'mermaid', 'agent', 'json']))
    .addOption(
      new Option('--ci <kind>', 'annotations and job summary')
        .choices(['auto', 'github', 'none'])
        .default('auto'),
    )
    .option('--junit <path>', 'write junit.xml there as well')
    .option('--out <dir>', 'write the outputs there as well')
    .option('--no-report', 'no report.html')
    .option('--report-dir <dir>', 'write the report there as index.html with its script and style beside it')
}

export function timeMs(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : goDurationMs(text)
  if (ms === undefined || ms < 0) throw new InvalidArgumentError('it must be a time such as 30s or 1m30s.')
  return ms
}

function autoOrTimeMs(text: string): 'auto' | number {
  return text === 'auto' ? 'auto' : timeMs(text)
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('it must be a whole number.')
  return Number(text)
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('it must be a number above 0.')
  return value
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}
