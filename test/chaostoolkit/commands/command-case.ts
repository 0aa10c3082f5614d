/** A command for both, in a folder of its own. */
export type CommandCase = {
  readonly name: string
  /** What follows `chaos`. */
  readonly argv: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  /** What is prose differs; where people read it with a program it is the same. */
  readonly stdout?: 'same'
  /** Where the reference dies with a traceback we usually end with its code and a reason; here we do better. */
  readonly better?: string
  /** Files whose words are each runner's own: that they are written is compared. */
  readonly ownWords?: readonly string[]
}

/** Settings of the case, if it has any, and nobody asked for a newer version. */
export const withSettings = (...argv: readonly string[]) => [
  '--no-version-check',
  '--settings',
  './s.yaml',
  ...argv,
]
