import { join } from 'node:path'

/** The Python to start, and who asked for it. */
export type Interpreter = { readonly command: string; readonly source: string }

/** `--python`, then CHAOS_PYTHON, then the active virtual environment, then what is called python3. */
export function interpreterFor(
  flag: string | undefined,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): Interpreter {
  if (flag) return { command: flag, source: '--python' }
  if (env.CHAOS_PYTHON) return { command: env.CHAOS_PYTHON, source: 'CHAOS_PYTHON' }
  const isWindows = platform === 'win32'
  if (env.VIRTUAL_ENV) {
    const command = join(env.VIRTUAL_ENV, isWindows ? 'Scripts/python.exe' : 'bin/python')
    return { command, source: 'VIRTUAL_ENV' }
  }
  return { command: isWindows ? 'python' : 'python3', source: 'PATH' }
}
