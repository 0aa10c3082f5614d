import { type Decoded, decoded, undecoded } from '../../model/problem.ts'

/**
 * Splits a command line into program and arguments without a shell: words at blanks, single and double
 * quotes, backslashes. `$NAME` and `${NAME}` outside single quotes become the variable's text, as one part of
 * their word, where it is set (`--port $PORT`); what is not set stays as it is written, and nothing else is
 * expanded.
 *
 * @param variables - the environment that the program gets
 * @returns problem `command-line` when a quote stays open, the line is empty, or it asks for a shell
 */
export function splitCommand(
  command: string,
  variables: Readonly<Record<string, string | undefined>> = {},
): Decoded<readonly [string, ...string[]]> {
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
    } else if (char === '$') {
      const { text, next } = variableAt(command, i, variables)
      word = (word ?? '') + text
      i = next
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

/** @returns what stands for the `$` there, and the place of the last character that it took */
function variableAt(
  command: string,
  dollar: number,
  variables: Readonly<Record<string, string | undefined>>,
): { readonly text: string; readonly next: number } {
  const [whole = '$', braced, bare] = VARIABLE.exec(command.slice(dollar)) ?? []
  const value = variables[braced ?? bare ?? '']
  return { text: value ?? whole, next: dollar + whole.length - 1 }
}

const VARIABLE = /^\$(?:\{(\w+)\}|([A-Za-z_]\w*))/
const SHELL_ONLY = new Set('|&;<>')

function wrong(command: string, why: string): Decoded<never> {
  return undecoded({
    code: 'command-line',
    what: `Cannot run the command \`${command}\``,
    why,
    fix: `Quote the character, or give the line to a shell: sh -c ${JSON.stringify(command)}`,
  })
}
