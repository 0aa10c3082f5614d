import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { dictOf } from '../../../engine/chaos-toolkit/test-support/run-text.ts'
import { readJson } from '../../../formats/chaos-toolkit/json-read.ts'
import type { PyDict } from '../../../formats/chaos-toolkit/values.ts'

export const BIN = resolve(import.meta.dirname, '../../../../bin/aftershock.js')

export type ChaosEnd = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder in which `aftershock chaos …` runs as a process of its own. */
export type ChaosFolder = Disposable & {
  readonly path: (name: string) => string
  readonly write: (files: Readonly<Record<string, string | object>>) => void
  readonly read: (name: string) => string
  readonly journal: () => PyDict
  readonly run: (args: readonly string[], options?: ChaosOptions) => Promise<ChaosEnd>
  readonly start: (args: readonly string[], options?: ChaosOptions) => Started
}

export type ChaosOptions = {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  /** Words between `aftershock` and `chaos`. */
  readonly before?: readonly string[]
}

export type Started = { readonly child: ChildProcess; readonly end: Promise<ChaosEnd> }

export function chaosFolder(files: Readonly<Record<string, string | object>> = {}): ChaosFolder {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-chaos-cli-'))
  const path = (name: string) => join(folder, name)
  const write = (given: typeof files) => {
    for (const [name, text] of Object.entries(given)) {
      writeFileSync(path(name), typeof text === 'string' ? text : JSON.stringify(text))
    }
  }
  write(files)
  const start = (args: readonly string[], options: ChaosOptions = {}): Started => {
    const child = spawn(process.execPath, [BIN, ...(options.before ?? []), 'chaos', ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, ...options.env },
    })
    return { child, end: endOf(child, options.stdin ?? '') }
  }
  return {
    path,
    write,
    read: (name) => readFileSync(path(name), 'utf8'),
    journal: () => dictOf(readJson(readFileSync(path('journal.json'), 'utf8'))),
    run: (args, options) => start(args, options).end,
    start,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function endOf(child: ChildProcess, stdin: string): Promise<ChaosEnd> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  // A command that has ended already reads nothing; that is no failure.
  child.stdin?.on('error', () => {})
  child.stdin?.end(stdin)
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (code, signal) => done({ code, signal, stdout, stderr }))
  })
}

/** Waits until something is true, at most a minute: several suites may share the machine. */
export async function until(isTrue: () => boolean): Promise<void> {
  const untilMs = performance.now() + 60_000
  while (!isTrue()) {
    if (performance.now() > untilMs) throw new Error('it did not become true within a minute')
    await new Promise((done) => setTimeout(done, 10))
  }
}
