import type { ChaosCommand } from './chaos-command.ts'
import { CHAOS_COMMANDS, GLOBAL_OPTIONS, HELP } from './chaos-commands.ts'
import type { Option } from './options.ts'

export function usageOf(name: string): string {
  const command = CHAOS_COMMANDS[name]
  if (command === undefined) return 'Usage: aftershock chaos [OPTIONS] COMMAND [ARGS]...\n'
  const args = command.args.map((one) => ` ${one.name}`).join('')
  return `Usage: aftershock chaos ${name} [OPTIONS]${args}\n`
}

export function groupHelp(): string {
  const commands = Object.entries(CHAOS_COMMANDS).map(([name, one]) => `  ${name.padEnd(10)}${one.summary}`)
  return `${usageOf('')}
Options:
${optionLines(GLOBAL_OPTIONS)}

Commands:
${commands.join('\n')}
`
}

export function commandHelp(name: string, command: ChaosCommand): string {
  return `${usageOf(name)}
  ${command.summary}

Options:
${optionLines([...command.options, HELP])}
`
}

function optionLines(options: readonly Option[]): string {
  return options.map((one) => `  ${signature(one)}\n      ${one.help}${defaultOf(one)}`).join('\n')
}

function signature(option: Option): string {
  if (option.kind === 'flag') return option.name
  if (option.kind === 'choice') return `${option.name} [${option.choices.join('|')}]`
  return `${option.name} ${option.kind === 'number' ? 'FLOAT' : 'TEXT'}`
}

function defaultOf(option: Option): string {
  const own = option.kind === 'text' || option.kind === 'number' || option.kind === 'choice'
  return own && option.byDefault !== undefined ? `  [default: ${option.byDefault}]` : ''
}
