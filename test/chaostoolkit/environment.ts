import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The reference itself, from the Python package index. */
const REFERENCE = ['chaostoolkit>=1.19', 'chaostoolkit-lib[jsonpath,vault]>=1.44']

/** Extensions that people use with it. Those whose commands every start of `chaos` loads are apart: they triple it. */
export const PACKAGES = {
  usual: [
    ...REFERENCE,
    'chaostoolkit-kubernetes>=0.39',
    'chaostoolkit-toxiproxy>=0.3.1',
    'chaostoolkit-prometheus>=0.6',
    'chaostoolkit-addons>=0.11',
    'chaostoolkit-opentracing>=0.18.1',
  ],
  reporting: [...REFERENCE, 'chaostoolkit-reporting>=0.18'],
}

export type Environment = {
  readonly chaos: string
  readonly python: string
  readonly versions: readonly string[]
}

/**
 * A virtual environment with the reference in it, made once and kept.
 *
 * @returns why there is none: no python3, or no package index
 */
export async function prepareEnvironment(
  folder: string,
  packages: readonly string[],
): Promise<Environment | string> {
  const python = join(folder, 'bin/python')
  const stamp = join(folder, 'packages.txt')
  const wanted = `${packages.join('\n')}\n`
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    const problem = await install(folder, python, packages)
    if (problem !== undefined) return problem
    writeFileSync(stamp, wanted)
  }
  const { stdout } = await run(python, [
    '-m',
    'pip',
    'list',
    '--format=freeze',
    '--disable-pip-version-check',
  ])
  const versions = stdout.split('\n').filter((line) => line.startsWith('chaostoolkit'))
  return { chaos: join(folder, 'bin/chaos'), python, versions }
}

/** Without an index, it is told within half a minute. */
const PIP = ['-m', 'pip', 'install', '-q', '--retries', '1', '--timeout', '15']

async function install(
  folder: string,
  python: string,
  packages: readonly string[],
): Promise<string | undefined> {
  try {
    await run('python3', ['-m', 'venv', '--clear', folder])
  } catch (error) {
    return `python3 with venv is needed: ${lastLine(error)}`
  }
  try {
    // The installer that comes with older Pythons takes minutes to choose versions.
    await run(python, [...PIP, '-U', 'pip'])
    await run(python, [...PIP, ...packages], { maxBuffer: 1 << 26 })
    return undefined
  } catch (error) {
    return `the Python package index cannot be reached, or lacks a package: ${lastLine(error)}`
  }
}

function lastLine(error: unknown): string {
  const text = (error as { readonly stderr?: string }).stderr || String((error as Error).message)
  return text.trim().split('\n').at(-1) ?? ''
}
