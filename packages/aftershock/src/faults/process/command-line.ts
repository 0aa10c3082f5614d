import { type Decoded, decoded, undecoded } from '../../model/problem.ts'

/**
 * Splits a command line into program and arguments without a shell: words at blanks, single and double
 * quotes, backslashes. Nothing is expanded, so what is written is what runs.
 *
 * @returns problem `command-line` when a quote stays open, the line is empty, or it asks for a shell
 */
export function splitCommand(command: string): Decoded<readonly [string, ...string[]]> {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let i = 0; i < command.length; i++) {
    const char = command[i]
    if (quote === "'") {
      if (char === quote) quote = undefined
      else word += char
    } else if (char === '\\' && (quote === undefined || '"\\$`'.includes(command[i + 1] ?? ' '))) {
      word = (word ?? '') + (command[++i] ?? '')
    } else if (quote === '"') {
      if (char === quote) quote = undefined
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (SHELL_ONLY.has(char)) {
      return wrong(command, `"${char}" needs a shell, and commands are run without one`)
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote !== undefined) return wrong(command, `every quote must be closed: a ${quote} stays open`)
  if (word !== undefined) words.push(word)
  const [program, ...rest] = words
  if (program === undefined) return wrong(command, 'it must name a program: it is empty')
  return decoded([program, ...rest])
}

const SHELL_ONLY = new Set('|&;<>')

function wrong(command: string, why: string): Decoded<never> {
  return undecoded({
    code: 'command-line',
    what: `Cannot run the command \`${command}\``,
    why,
    fix: `Quote the character, or give the line to a shell: sh -c ${JSON.stringify(command)}`,
  })
}
