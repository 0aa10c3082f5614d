import { statSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'

/** Flags that every command takes. */
export type GlobalFlags = {
  readonly verbose?: number
  readonly quiet?: boolean
  readonly json?: boolean
  readonly color: boolean
  readonly input: boolean
  readonly cwd?: string
  readonly config?: string
}

export function addGlobalFlags(command: Command): void {
  command
    .option('-v, --verbose', 'say more; stacks of bugs', (_, before: number) => before + 1, 0)
    .option('-q, --quiet', 'only the verdict line')
    .option('--json', 'print result.json (or the command’s data) to stdout')
    .option('--no-color', 'no colours (NO_COLOR and pipes do the same)')
    .option('--no-input', 'never ask')
    .option('-C, --cwd <dir>', 'as if started there', folder)
    .option('-c, --config <file>', 'the system file (default: aftershock.yaml, here or above)')
}

/** What is written into a folder that is not there would make it. */
function folder(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new InvalidArgumentError('it must be a folder that is there.')
  return path
}
