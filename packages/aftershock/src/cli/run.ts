import type { Command } from 'commander'
import type { CommandContext } from './command-module.ts'
import { commandText } from './command-text.ts'
import { homeOf } from './find-files.ts'
import { printProblems } from './print-problem.ts'
import { readExperiments } from './read-experiments.ts'
import { readSystem } from './read-system.ts'
import { runFiles } from './run-files.ts'
import { addRunOptions, type RunFlags } from './run-options.ts'

export function build(command: Command, context: CommandContext): void {
  addRunOptions(
    command.argument('<files...>', 'experiments: Chaos Mesh manifests; the documents of a file run together'),
    'run',
  ).action(async (files: readonly string[], flags: RunFlags) => {
    const io = context.io()
    const { experiments, warnings } = readExperiments(files, io.cwd)
    const { system, path, warnings: doubts } = readSystem(io.cwd, flags.config)
    printProblems([...warnings, ...doubts], io.err)
    const commandLine = commandText(context.argv)
    context.exit(
      await runFiles({
        io,
        flags,
        system,
        systemPath: path,
        home: homeOf(io.cwd, path),
        experiments,
        commandLine,
        version: context.version,
      }),
    )
  })
}
