import { type ChildProcess, spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { ROOT } from './fixture.ts'

export type CliEnd = {
  /** 128 + signal when a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
}

/** A command that runs; every one of them must be awaited. */
export type RunningCli = {
  readonly child: ChildProcess
  readonly end: Promise<CliEnd>
  /** Resolves once stderr holds the text; rejects when the command ends without. */
  readonly said: (text: string | RegExp) => Promise<void>
}

type CliOptions = {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** The command as a person starts it, with pipes instead of a terminal. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const startedMs = performance.now()
  const bin = join(ROOT, 'node_modules/.bin')
  const child = spawn(join(bin, 'node'), [join(ROOT, 'packages/aftershock/bin/aftershock.js'), ...args], {
    cwd: options.cwd,
    env: { ...cleanEnvironment(), PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  let [stdout, stderr] = ['', '']
  const looks = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const look of looks) look()
  })
  const end = new Promise<CliEnd>((done, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => {
      const killed = signal === null ? undefined : { SIGKILL: 137, SIGINT: 130, SIGTERM: 143 }[String(signal)]
      done({ code: code ?? killed ?? -1, stdout, stderr, durationMs: performance.now() - startedMs })
    })
  })
  const said = (text: string | RegExp): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => {
        if (typeof text === 'string' ? stderr.includes(text) : text.test(stderr)) {
          looks.delete(look)
          done()
        }
      }
      looks.add(look)
      look()
      end.then(() => fail(new Error(`ended without saying ${text}:\n${stderr}`)), fail)
    })
  return { child, end, said }
}

export function cli(args: readonly string[], options: CliOptions): Promise<CliEnd> {
  return startCli(args, options).end
}

/** What a test runner sets must not reach the command. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, FORCE_COLOR, NO_COLOR, NODE_ENV, VITEST, GITHUB_ACTIONS, CI, ...rest } = process.env
  return Object.fromEntries(
    Object.entries(rest).filter(([name]) => !/^(AFTERSHOCK_|VITEST_|OTEL_)/.test(name)),
  )
}
