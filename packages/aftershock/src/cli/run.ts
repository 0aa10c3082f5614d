import type { Command } from 'commander'
import { addConsentOptions, addTargetOptions, isCluster } from './cluster-flags.ts'
import type { CommandContext } from './command-module.ts'
import { commandText } from './command-text.ts'
import { failingVerdicts } from './fail-on.ts'
import { type FaultWorld, localWorld } from './fault-world.ts'
import { findSystemFile, homeOf } from './find-files.ts'
import type { Io } from './io.ts'
import { printProblems } from './print-problem.ts'
import { readExperiments } from './read-experiments.ts'
import { emptySystem, readSystem, type SystemRead } from './read-system.ts'
import { runFiles } from './run-files.ts'
import { addRunOptions, type RunFlags } from './run-options.ts'
import { addToolkitOptions } from './toolkit-run/toolkit-flags.ts'

export function build(command: Command, context: CommandContext): void {
  addRunOptions(
    command.argument(
      '<files...>',
      'experiments: Chaos Mesh manifests (the documents of a file run together), Chaos Toolkit experiments',
    ),
    'run',
  )
  addToolkitOptions(addConsentOptions(addTargetOptions(command, 'run'))).action(
    async (files: readonly string[], flags: RunFlags) => {
      const io = context.io()
      failingVerdicts(flags.failOn)
      const { world, namespace, close } = await worldOf(flags, io)
      try {
        const { experiments, warnings } = readExperiments(files, io.cwd, namespace)
        const { system, path, warnings: doubts } = systemOf(flags, io)
        printProblems([...warnings, ...doubts], io.err)
        const request = {
          io,
          flags,
          system,
          systemPath: path,
          home: homeOf(io.cwd, path),
          world,
          experiments,
        }
        const commandLine = commandText(context.argv)
        context.exit(await runFiles({ ...request, commandLine, version: context.version }))
      } finally {
        close()
      }
    },
  )
}

type Chosen = {
  readonly world: FaultWorld
  readonly namespace: string | undefined
  readonly close: () => void
}

/** The way into a cluster is loaded only when it is asked for. */
async function worldOf(flags: RunFlags, io: Io): Promise<Chosen> {
  if (!isCluster(flags)) return { world: localWorld, namespace: flags.namespace, close: () => {} }
  const { clusterWorld } = await import('./cluster-world.ts')
  const { world, client } = clusterWorld(flags, io)
  return { world, namespace: flags.namespace ?? client.namespace, close: () => client.close() }
}

/** In a cluster nothing is started or put behind a proxy: load, traces, phases and guards are what counts. */
function systemOf(flags: RunFlags, io: Io): SystemRead {
  if (!isCluster(flags)) return readSystem(io.cwd, flags.config)
  const read =
    findSystemFile(io.cwd, flags.config) === undefined
      ? emptySystem(io.cwd)
      : readSystem(io.cwd, flags.config)
  return { ...read, system: { ...read.system, services: [] } }
}
