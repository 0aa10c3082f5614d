import { Command, CommanderError } from 'commander'
import { ProblemError } from '../model/problem.ts'
import type { CommandContext, CommandModule } from './command-module.ts'
import { addGlobalFlags, type GlobalFlags } from './global-flags.ts'
import { processIo } from './io.ts'

/** Parses one command's arguments and runs it. Usage errors become problems with exit code 2. */
export async function runCommand(
  name: string,
  module: CommandModule,
  argv: readonly string[],
  about: {
    readonly version: string
    readonly summary: string
    readonly commandNames: readonly string[]
    /** Where in `argv` the command's name stands; flags may come before it. */
    readonly at: number
  },
): Promise<number> {
  let exitCode = 0
  const command = new Command(`aftershock ${name}`)
  const context: CommandContext = {
    io: () => {
      const flags = command.opts<GlobalFlags>()
      return processIo({ color: flags.color !== false, cwd: flags.cwd })
    },
    version: about.version,
    commandNames: about.commandNames,
    exit: (code) => {
      exitCode = code
    },
    argv,
  }
  command.description(about.summary).helpOption('-h, --help', 'this help')
  module.build(command, context)
  addGlobalFlags(command)
  command
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: (text) => process.stdout.write(text) })
  try {
    const { at } = about
    await command.parseAsync([...argv.slice(0, at), ...argv.slice(at + 1)], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    throw usageProblem(error, name)
  }
  return exitCode
}

function usageProblem(error: CommanderError, name: string): ProblemError {
  const why = error.message.replace(/^error: /, '').replaceAll(/\n+/g, ' ')
  return new ProblemError([
    {
      code: 'usage',
      what: `Cannot run \`aftershock ${name}\` like this`,
      why,
      fix: `aftershock help ${name}`,
    },
  ])
}
