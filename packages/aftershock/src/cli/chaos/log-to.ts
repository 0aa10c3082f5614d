import { openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import { later } from '../../engine/chaos-toolkit/owed-work.ts'
import { errorText } from '../../model/error-text.ts'
import type { Format, Io } from '../io.ts'

export type LogTo = {
  readonly io: Io
  readonly isVerbose: boolean
  /** Of the console; the file is always text. */
  readonly format: 'string' | 'json'
  readonly file: string | undefined
  readonly fileLevel: string
}

const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const
type Level = (typeof LEVELS)[number]
const COLORS: Readonly<Record<Level, Format>> = {
  debug: 'cyan',
  info: 'green',
  warning: 'yellow',
  error: 'red',
  critical: 'red',
}

/** `[2026-01-31 10:00:00 INFO] message` on stderr and in chaostoolkit.log; as JSON lines on stderr when asked for. */
export function chaosLog(to: LogTo): ChaosLog {
  const file = fileOf(to)
  const contextId = to.format === 'json' ? crypto.randomUUID() : ''
  const tell = (level: Level, message: string) => {
    if (level !== 'debug' || to.isVerbose) to.io.err.write(consoleLine(level, message, to, contextId))
    if (LEVELS.indexOf(level) >= file.levelMin) file.write(`${stamp(level)} ${indented(message)}\n`)
  }
  return {
    debug: (message) => tell('debug', message),
    info: (message) => tell('info', message),
    warning: (message) => tell('warning', message),
    error: (message) => tell('error', message),
    critical: (message) => tell('critical', message),
  }
}

function consoleLine(level: Level, message: string, { io, format }: LogTo, contextId: string): string {
  if (format === 'string') return `${io.err.style(COLORS[level], stamp(level))} ${indented(message)}\n`
  const line = {
    timestamp: new Date().toISOString(),
    context_id: contextId,
    process: process.pid,
    levelname: level.toUpperCase(),
    message,
  }
  return `${JSON.stringify(line)}\n`
}

function stamp(level: Level): string {
  return `[${secondNow()} ${level.toUpperCase()}]`
}

let told = { second: Number.NaN, text: '' }

/** Put together once a second, however many lines come. */
function secondNow(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second === told.second) return told.text
  const now = new Date(second * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`
  told = { second, text: `${date} ${time}` }
  return told.text
}

function indented(message: string): string {
  return message.replaceAll('\n', '\n    ')
}

type LogFile = { readonly levelMin: number; readonly write: (line: string) => void }

/** Nobody waits for its lines. A log that cannot be written is told once; it is no reason not to run. */
function fileOf({ file, fileLevel, io }: LogTo): LogFile {
  const levelMin = Math.max(0, (LEVELS as readonly string[]).indexOf(fileLevel))
  if (file === undefined) return { levelMin: LEVELS.length, write: () => {} }
  const path = resolve(io.cwd, file)
  let isBroken = false
  let open: number | undefined
  let held = ''
  const flush = () => {
    const lines = held
    held = ''
    if (isBroken) return
    try {
      open ??= openSync(path, 'a')
      writeSync(open, lines)
    } catch (error) {
      isBroken = true
      const why = errorText(error)
      io.err.write(`${stamp('warning')} the log file cannot be written: ${why}\n`)
    }
  }
  const write = (line: string) => {
    if (held === '') later(flush)
    held += line
  }
  return { levelMin, write }
}
