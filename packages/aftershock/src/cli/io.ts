// Imported as a module, every export of it is looked at, and one of them loads all encodings: 4 ms of CPU.
const { styleText } = process.getBuiltinModule('node:util')

/** Where a command writes and what that place can show. stdout: the result; stderr: progress and problems. */
export type Io = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly out: Output
  readonly err: Output
  /** Stream of stdin for `-`. */
  readonly stdin: NodeJS.ReadableStream
}

export type Output = {
  write(text: string): void
  readonly isTty: boolean
  readonly columns: number
  /** Whether glyphs such as ✓ can be shown. */
  readonly unicode: boolean
  style(format: Format, text: string): string
}

export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan'

export function processIo(flags: { readonly color: boolean; readonly cwd: string | undefined }): Io {
  const { env } = process
  return {
    cwd: flags.cwd ?? process.cwd(),
    env,
    out: outputOf(process.stdout, env, flags.color),
    err: outputOf(process.stderr, env, flags.color),
    stdin: process.stdin,
  }
}

function outputOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, colorAllowed: boolean): Output {
  const isTty = stream.isTTY === true
  const isDumb = env.TERM === 'dumb' || (env.NO_COLOR !== undefined && env.NO_COLOR !== '')
  const isForced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0'
  const hasColor = colorAllowed && !isDumb && (isTty || isForced)
  return {
    write: (text) => {
      stream.write(text)
    },
    isTty,
    columns: Math.max(40, stream.columns ?? 100),
    unicode: isUnicode(env),
    style: (format, text) => (hasColor ? styleText(format, text, { validateStream: false }) : text),
  }
}

/** Locales that are not UTF-8 get ASCII; an unset locale (CI, containers) is taken as UTF-8. */
function isUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || ''
  return locale === '' || /utf-?8/i.test(locale)
}
