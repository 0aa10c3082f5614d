import { spawn } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Case, withoutPythonWords } from './cases.ts'
import type { Environment } from './environment.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** How to start a runner; `argv` of the case follows. */
export type Runner = {
  readonly name: string
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

export type Outcome = {
  readonly exitCode: number | null
  readonly stderr: string
  /** Undefined: none was written, or it is no JSON. */
  readonly journal: unknown
  readonly hooks: readonly string[]
  readonly wallMs: number
}

export function runners(environment: Environment): { readonly reference: Runner; readonly ours: Runner } {
  const script = resolve(import.meta.dirname, '../../packages/aftershock/bin/aftershock.js')
  return {
    reference: { name: 'chaos', command: [environment.chaos], env: {} },
    ours: {
      name: 'aftershock chaos',
      command: [process.execPath, script, 'chaos'],
      env: { CHAOS_PYTHON: environment.python },
    },
  }
}

/** Runs a case in a folder of its own, which is gone afterwards. */
export async function runCase(runner: Runner, one: Case, support: string | undefined): Promise<Outcome> {
  const folder = temporaryFolder('aftershock-both-')
  try {
    if (support !== undefined) cpSync(support, folder, { recursive: true })
    for (const [name, text] of [...Object.entries(one.files), [one.source.name, one.source.text] as const])
      writeFileSync(join(folder, name), text)
    const started = performance.now()
    const ended = await execute(runner, one, folder)
    const wallMs = performance.now() - started
    return { ...ended, wallMs, journal: journalIn(folder), hooks: hooksIn(folder) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function execute(
  runner: Runner,
  one: Case,
  folder: string,
): Promise<{ readonly exitCode: number | null; readonly stderr: string }> {
  const [file = '', ...first] = runner.command
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...first, ...one.argv], {
      cwd: folder,
      env: {
        ...process.env,
        ...runner.env,
        ...one.env,
        PYTHONPATH: folder,
        PYTHONDONTWRITEBYTECODE: '1',
        HOOKLOG: join(folder, 'hooks.log'),
        HOME: folder,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
    })
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => {
      stderr += data
    })
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stderr }))
  })
}

function journalIn(folder: string): unknown {
  const file = join(folder, 'journal.json')
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(withoutPythonWords(readFileSync(file, 'utf8')).replaceAll(folder, '$CWD'))
  } catch {
    return undefined
  }
}

function hooksIn(folder: string): readonly string[] {
  const file = join(folder, 'hooks.log')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}
