import { COMMANDS } from './commands.ts'

/** `aftershock help`: generated from the table of commands. */
export function helpText(version: string): string {
  const shown = Object.entries(COMMANDS).filter(([, entry]) => entry.hidden === undefined)
  const nameWidth = Math.max(...shown.map(([name]) => name.length))
  const rows = shown.map(([name, entry]) => `  aftershock ${name.padEnd(nameWidth)}  ${entry.summary}`)
  return `aftershock ${version}: break one thing on purpose, see exactly how it spread

${rows.join('\n')}
  aftershock ${'help <command>'.padEnd(nameWidth)}  all flags of a command

Global flags
  -h, --help  -V, --version  -v, --verbose  -q, --quiet  --json  --no-color  --no-input
  -C, --cwd <dir>  -c, --config <file>

Flags win over AFTERSHOCK_<COMMAND>_<FLAG>, those over aftershock.yaml, that over
$XDG_CONFIG_HOME/aftershock/config.yaml, that over defaults.

Exit codes
  0 held or done           1 broke                    2 usage or bad input
  3 inconclusive           4 environment not ready    5 stopped by a guard
  6 a fault may still be active                       70 bug
  130 / 143 Ctrl-C / SIGTERM, faults removed
`
}
