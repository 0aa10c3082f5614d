import { convertTo } from '../../formats/chaos-toolkit/convert.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'

/** One option as the Chaos Toolkit's own command line declares it. */
export type Option = {
  readonly name: `--${string}`
  readonly help: string
} & (
  | { readonly kind: 'flag' }
  | { readonly kind: 'text' | 'number'; readonly byDefault?: string }
  /** May be given several times. */
  | { readonly kind: 'many' }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly byDefault?: string }
)

export type Argument = {
  readonly name: string
  /** `several`: at least one; `any`: none or more. */
  readonly count: 'one' | 'several' | 'any'
  readonly choices?: readonly string[]
}

/** What was given: flags, texts, and lists of texts. */
export type Given = {
  readonly flags: ReadonlySet<string>
  readonly texts: ReadonlyMap<string, string>
  readonly lists: ReadonlyMap<string, readonly string[]>
  readonly rest: readonly string[]
}

/** Printed with the usage in front; exit code 2. */
export class UsageError extends Error {}

/**
 * Reads a command line as click does: `--name value` or `--name=value`, in any order, `--` ends the options.
 * @param until - `command`: stop at the first word that is no option, it is the command's name
 */
export function readOptions(
  argv: readonly string[],
  options: readonly Option[],
  until: 'command' | 'end',
): Given {
  const flags = new Set<string>()
  const texts = new Map<string, string>()
  const lists = new Map<string, string[]>()
  const rest: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (word === '--') {
      rest.push(...argv.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      if (until === 'command') {
        rest.push(...argv.slice(at))
        break
      }
      rest.push(word)
      continue
    }
    const equals = word.indexOf('=')
    const name = equals === -1 ? word : word.slice(0, equals)
    const option = options.find((one) => one.name === name)
    if (option === undefined) throw new UsageError(`No such option '${name}'.${nearTo(name, options)}`)
    if (option.kind === 'flag') {
      if (equals !== -1) throw new UsageError(`Option '${name}' does not take a value.`)
      flags.add(name)
      continue
    }
    const value = equals === -1 ? argv[++at] : word.slice(equals + 1)
    if (value === undefined) throw new UsageError(`Option '${name}' requires an argument.`)
    checkValue(option, value)
    if (option.kind === 'many') lists.set(name, [...(lists.get(name) ?? []), value])
    else texts.set(name, value)
  }
  return { flags, texts: withDefaults(texts, options), lists, rest }
}

/** A command line that reads as the same. */
export function wordsOf({ flags, texts, lists, rest }: Given): readonly string[] {
  return [
    ...flags,
    ...[...texts].flat(),
    ...[...lists].flatMap(([name, values]) => values.flatMap((value) => [name, value])),
    '--',
    ...rest,
  ]
}

/** As Python reads a float. @throws PythonError for what is none */
export function numberIn(text: string): number {
  return Number(convertTo('float', text))
}

function checkValue(option: Option, value: string): void {
  if (option.kind === 'choice' && !option.choices.includes(value)) {
    const all = option.choices.map((one) => `'${one}'`).join(', ')
    throw new UsageError(`Invalid value for '${option.name}': '${value}' is not one of ${all}.`)
  }
  if (option.kind !== 'number') return
  try {
    numberIn(value)
  } catch (error) {
    if (!(error instanceof PythonError)) throw error
    throw new UsageError(`Invalid value for '${option.name}': '${value}' is not a valid float.`)
  }
}

function withDefaults(texts: Map<string, string>, options: readonly Option[]): ReadonlyMap<string, string> {
  for (const option of options) {
    const own = option.kind === 'flag' || option.kind === 'many' ? undefined : option.byDefault
    if (own !== undefined && !texts.has(option.name)) texts.set(option.name, own)
  }
  return texts
}

function nearTo(name: string, options: readonly Option[]): string {
  const near = options.find((one) => one.name.startsWith(name) || name.startsWith(one.name))
  return near === undefined ? '' : ` Did you mean '${near.name}'?`
}

/** @throws UsageError for too few, too many, or words that are no choice */
export function checkArguments(rest: readonly string[], wanted: readonly Argument[]): void {
  const isOpen = wanted.some((one) => one.count !== 'one')
  const needed = wanted.filter((one) => one.count !== 'any')
  if (rest.length < needed.length) {
    throw new UsageError(`Missing argument '${needed[rest.length]?.name ?? ''}'.`)
  }
  if (!isOpen && rest.length > wanted.length) {
    const extra = rest.slice(wanted.length)
    throw new UsageError(`Got unexpected extra argument${extra.length > 1 ? 's' : ''} (${extra.join(' ')})`)
  }
  wanted.forEach((one, at) => {
    const word = rest[at] ?? ''
    if (one.choices === undefined || one.choices.includes(word)) return
    const all = one.choices.map((choice) => `'${choice}'`).join(', ')
    throw new UsageError(`Invalid value for '${one.name}': '${word}' is not one of ${all}.`)
  })
}
