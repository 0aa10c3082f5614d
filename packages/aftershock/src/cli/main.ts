import { readFileSync } from 'node:fs'
import { MARK_VARIABLE } from '../engine/chaos-toolkit/activity-mark.ts'
import { nearest } from '../formats/did-you-mean.ts'
import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'
import { COMMANDS } from './commands.ts'
import { helpText } from './help.ts'
import { type Io, processIo } from './io.ts'
import { printProblems } from './print-problem.ts'
import { systemProblem } from './system-problem.ts'

/** @returns the exit code (design.md 5.1); stdout carries the result, stderr everything else */
export async function main(argv: readonly string[]): Promise<number> {
  // Within an activity of another run: when that is cut short, its processes are ended, but not who undoes ours.
  delete process.env[MARK_VARIABLE]
  const version = versionOf()
  const io = processIo({ color: !argv.includes('--no-color'), cwd: undefined })
  process.stdout.on('error', ignoreClosedPipe)
  process.stderr.on('error', ignoreClosedPipe)
  try {
    return await dispatch(argv, io, version)
  } catch (error) {
    return failure(error, io, argv)
  }
}

async function dispatch(argv: readonly string[], io: Io, version: string): Promise<number> {
  const at = placeOfCommand(argv)
  const name = argv[at]
  if (name === undefined) {
    checkFlagsAlone(argv)
    const wantsVersion = argv.some((arg) => arg === '-V' || arg === '--version')
    io.out.write(wantsVersion ? `${version}\n` : helpText(version))
    return 0
  }
  if (name === 'version') {
    io.out.write(`${version}\n`)
    return 0
  }
  if (name === 'help') {
    const topic = argv[at + 1]
    if (topic === undefined || topic.startsWith('-') || topic === 'help') {
      io.out.write(helpText(version))
      return 0
    }
    return dispatch([topic, '--help'], io, version)
  }
  const entry = COMMANDS[name]
  if (entry === undefined) throw unknownCommand(name)
  // Another tool's command line: its options are not ours.
  if ('loadForeign' in entry) {
    refuseFlagsBefore(name, argv.slice(0, at))
    return (await entry.loadForeign())(argv.slice(at + 1), io, version)
  }
  const { runCommand } = await import('./run-command.ts')
  return runCommand(name, await entry.load(), argv, {
    version,
    summary: entry.summary,
    commandNames: visibleNames(),
    at,
  })
}

/** @throws ProblemError for what would be passed over in silence */
function refuseFlagsBefore(name: string, flags: readonly string[]): void {
  const strange = flags.find((flag) => flag !== '--no-color')
  if (strange === undefined) return
  throw new ProblemError([
    {
      code: 'usage',
      what: `Cannot run \`aftershock ${name}\` like this`,
      why: `\`${name}\` has options of its own, which stand behind it: ${strange} stands before`,
      fix: `aftershock ${name} --help`,
    },
  ])
}

/** The command is the first word that is neither a flag nor the value of one. */
function placeOfCommand(argv: readonly string[]): number {
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? ''
    if (GLOBAL_FLAGS_WITH_VALUE.includes(arg)) i += 1
    else if (!arg.startsWith('-')) return i
  }
  return argv.length
}

const GLOBAL_FLAGS_WITH_VALUE: readonly string[] = ['-C', '--cwd', '-c', '--config']
const FLAGS_ALONE = ['-h', '--help', '-V', '--version', '-v', '--verbose', '-q', '--quiet', '--json']
const KNOWN_FLAGS = [...FLAGS_ALONE, '--no-color', '--no-input', ...GLOBAL_FLAGS_WITH_VALUE]

/** @throws ProblemError when there is no command to know the flag */
function checkFlagsAlone(argv: readonly string[]): void {
  const strange = argv.find(
    (arg, i) =>
      arg.startsWith('-') &&
      !KNOWN_FLAGS.includes(arg) &&
      !GLOBAL_FLAGS_WITH_VALUE.includes(argv[i - 1] ?? ''),
  )
  if (strange === undefined) return
  const near = nearest(strange, KNOWN_FLAGS)
  throw new ProblemError([
    {
      code: 'usage',
      what: 'Cannot run `aftershock` like this',
      why: `unknown option '${strange}'${near === undefined ? '' : ` (Did you mean ${near}?)`}`,
      fix: 'aftershock help',
    },
  ])
}

function unknownCommand(name: string): ProblemError {
  const visible = visibleNames()
  const near = nearest(name, visible)
  return new ProblemError([
    {
      code: 'unknown-command',
      what: `Cannot run the command \`${name}\``,
      why: `the commands are ${visible.join(', ')}`,
      fix: near === undefined ? 'aftershock help' : `did you mean \`aftershock ${near}\`?`,
    },
  ])
}

/** Problems are printed, also what the system refuses; anything else is a bug, told in one line and, with -v, with its stack. */
function failure(error: unknown, io: Io, argv: readonly string[]): number {
  if (error instanceof ProblemError) {
    printProblems(error.problems, io.err)
    return error.exitCode
  }
  const refused = systemProblem(error)
  if (refused !== undefined) {
    printProblems([refused], io.err)
    return 4
  }
  const message = errorText(error)
  io.err.write(`${io.err.style('red', 'bug in aftershock')}: ${message}\n`)
  const isVerbose = argv.includes('-v') || argv.includes('--verbose')
  if (isVerbose && error instanceof Error) io.err.write(`${error.stack}\n`)
  else io.err.write('  run it again with -v for the stack, and report it please\n')
  return 70
}

/** `aftershock … | head` closes the pipe early; that is no failure of ours. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

function visibleNames(): readonly string[] {
  return Object.keys(COMMANDS).filter((command) => COMMANDS[command]?.hidden === undefined)
}
