import { resolve } from 'node:path'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { Io } from '../io.ts'
import type { ChaosCommand } from './chaos-command.ts'
import { CHAOS_COMMANDS, GLOBAL_OPTIONS, HELP } from './chaos-commands.ts'
import { commandHelp, groupHelp, usageOf } from './help.ts'
import { chaosLog, type LogTo } from './log-to.ts'
import { checkArguments, type Given, readOptions, UsageError } from './options.ts'
import { defaultSettings } from './settings-path.ts'

/** `aftershock chaos …`: the Chaos Toolkit's command line. @returns its exit codes: 0, 1, and 2 for usage */
export async function chaos(argv: readonly string[], io: Io, version: string): Promise<number> {
  let place = ''
  try {
    const given = readOptions(argv, GLOBAL_OPTIONS, 'command')
    const [name, ...rest] = given.rest
    if (given.flags.has('--version')) {
      io.out.write(`chaos, version ${version}\n`)
      return 0
    }
    if (given.flags.has('--help') || name === undefined) {
      const to = given.flags.has('--help') ? io.out : io.err
      to.write(groupHelp())
      return given.flags.has('--help') ? 0 : 2
    }
    const command = CHAOS_COMMANDS[name]
    if (command === undefined) throw new UsageError(`No such command '${name}'.`)
    place = name
    const own = readOptions(rest, [...command.options, HELP], 'end')
    if (own.flags.has('--help')) {
      io.out.write(commandHelp(name, command))
      return 0
    }
    checkArguments(own.rest, command.args)
    return await start(name, command, { given, own }, io, version)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const path = place === '' ? 'chaos' : `chaos ${place}`
    io.err.write(`${usageOf(place)}Try 'aftershock ${path} --help' for help.\n\nError: ${error.message}\n`)
    return 2
  }
}

type Words = { readonly given: Given; readonly own: Given }

async function start(name: string, command: ChaosCommand, { given, own }: Words, io: Io, version: string) {
  const settingsPath = given.texts.get('--settings') ?? defaultSettings()
  const log = chaosLog(logTo(given, io))
  log.debug(`Running command '${name}'`)
  let settings: Promise<PyDict> | undefined
  const loadOnce = async () => {
    const { loadSettings } = await import('../../engine/chaos-toolkit/settings.ts')
    return loadSettings(settingsPath, log)
  }
  try {
    changeFolder(given)
    const { run } = await command.load()
    return await run(own, {
      io,
      log,
      version,
      settingsPath,
      options: wholeOptions(given, io, settingsPath),
      python: given.texts.get('--python'),
      settings: () => {
        settings ??= loadOnce()
        return settings
      },
    })
  } catch (error) {
    // Where the reference dies with a traceback we give its reason; the code is the same.
    if (error instanceof Refused) log.error(error.message)
    else if (error instanceof PythonError) log.error(`${error.pythonType}: ${error.message}`)
    else throw error
    return 1
  }
}

function wholeOptions(given: Given, io: Io, settingsPath: string): readonly string[] {
  const file = given.texts.get('--log-file')
  const python = given.texts.get('--python')
  return [
    ...['--settings', resolve(settingsPath)],
    ...(given.flags.has('--no-log-file') || file === undefined
      ? ['--no-log-file']
      : [
          '--log-file',
          resolve(io.cwd, file),
          '--log-file-level',
          given.texts.get('--log-file-level') ?? 'debug',
        ]),
    ...(python === undefined ? [] : ['--python', python]),
  ]
}

function logTo(given: Given, io: Io): LogTo {
  return {
    io,
    isVerbose: given.flags.has('--verbose'),
    format: given.texts.get('--log-format') === 'json' ? 'json' : 'string',
    file: given.flags.has('--no-log-file') ? undefined : given.texts.get('--log-file'),
    fileLevel: given.texts.get('--log-file-level') ?? 'debug',
  }
}

/** The log file stays where the command was started, as in the reference: it is open before the move. */
function changeFolder(given: Given): void {
  const folder = given.texts.get('--change-dir') ?? ''
  if (folder === '') return
  try {
    process.chdir(folder)
  } catch {
    throw new Refused(`Cannot change directory to '${folder}': it does not exist or is no folder.`)
  }
}
