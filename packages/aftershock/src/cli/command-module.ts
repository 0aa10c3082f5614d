import type { Command } from 'commander'
import type { Io } from './io.ts'

/** A command's module: builds its parser; the action resolves to the exit code through `done`. */
export type CommandModule = {
  readonly build: (command: Command, context: CommandContext) => void
}

export type CommandContext = {
  readonly io: () => Io
  readonly version: string
  /** Sets the exit code of the process. */
  readonly exit: (code: number) => void
  readonly argv: readonly string[]
  /** Every command a person may type. */
  readonly commandNames: readonly string[]
}
