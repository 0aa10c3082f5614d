import { homedir } from 'node:os'
import { join } from 'node:path'

/** The Chaos Toolkit's own settings file. */
export function defaultSettings(): string {
  return join(process.env.HOME ?? homedir(), '.chaostoolkit', 'settings.yaml')
}
