import type { Command } from 'commander'
import type { CommandContext } from './command-module.ts'
import { buildPause } from './pause-in-cluster.ts'

export function build(command: Command, context: CommandContext): void {
  buildPause(command, context, 'running')
}
