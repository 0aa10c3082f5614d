import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Runner } from '../run-case.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import type { CommandCase } from './command-case.ts'

export type CommandOutcome = {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** After the command; the log is each runner's own. */
  readonly files: Readonly<Record<string, string>>
}

export async function runCommand(runner: Runner, one: CommandCase): Promise<CommandOutcome> {
  const folder = temporaryFolder('aftershock-both-')
  try {
    for (const [name, text] of Object.entries(one.files ?? {})) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    const [file = '', ...first] = runner.command
    const ended = await new Promise<Omit<CommandOutcome, 'files'>>((resolve, reject) => {
      const child = spawn(file, [...first, ...one.argv], {
        cwd: folder,
        env: { ...process.env, ...runner.env, HOME: folder, PYTHONDONTWRITEBYTECODE: '1', ...one.env },
        timeout: 60_000,
      })
      const said = { stdout: '', stderr: '' }
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].setEncoding('utf8').on('data', (text: string) => {
          said[stream] += text.replaceAll(folder, '$CWD')
        })
      child.once('error', reject)
      child.once('close', (exitCode) => resolve({ exitCode, ...said }))
      child.stdin.on('error', () => {})
      child.stdin.end(one.stdin ?? '')
    })
    return { ...ended, files: filesIn(folder) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function filesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
    .filter((name) => !name.endsWith('.log') && !/^\.(cache|config|local)\//.test(name))
  return Object.fromEntries(names.toSorted().map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}
