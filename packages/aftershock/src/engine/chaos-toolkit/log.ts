/** The log as the Chaos Toolkit's users know it; where it goes is decided by `cli/chaos`. */
export type ChaosLog = {
  readonly debug: (message: string) => void
  readonly info: (message: string) => void
  readonly warning: (message: string) => void
  readonly error: (message: string) => void
  readonly critical: (message: string) => void
}
