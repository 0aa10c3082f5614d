import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { readChaosMesh } from '../formats/chaos-mesh/read-chaos-mesh.ts'
import { readSystemFile } from '../formats/system-file.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import { plural } from '../report/text-line.ts'
import type { CommandContext } from './command-module.ts'
import { readTextFile, shownPath } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { Io, Output } from './io.ts'
import { printProblems } from './print-problem.ts'
import { toolkitTitle } from './toolkit-run/is-toolkit-experiment.ts'

type Checked = {
  readonly file: string
  readonly verdict: 'accepted' | 'rejected'
  readonly what: string
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

export function build(command: Command, context: CommandContext): void {
  command
    .argument(
      '<files...>',
      'experiments (Chaos Mesh manifests, Chaos Toolkit experiments) or aftershock.yaml',
    )
    .action(async (files: readonly string[], flags: GlobalFlags) => {
      const io = context.io()
      const checked: Checked[] = []
      for (const file of files) checked.push(await check(file, io, context.version))
      if (flags.json) io.out.write(`${JSON.stringify(checked, null, 2)}\n`)
      else for (const one of checked) print(one, io.out, io.err)
      context.exit(checked.some((one) => one.verdict === 'rejected') ? 2 : 0)
    })
}

async function check(file: string, io: Io, version: string): Promise<Checked> {
  const { cwd } = io
  const shown = shownPath(resolve(cwd, file), cwd)
  try {
    const text = readTextFile(file, cwd)
    const isSystem = /^aftershock\.(ya?ml|json)$/.test(basename(file))
    if (isSystem) {
      const read = readSystemFile(text, shown)
      return verdictOf(shown, read, (system) => plural(system.services.length, 'service'))
    }
    if (toolkitTitle(text, shown) !== undefined) {
      const { checkToolkitExperiment } = await import('./toolkit-run/check-toolkit-experiment.ts')
      const { faults, actions } = await checkToolkitExperiment(io, file, version, {}, [])
      const what = faults.length === 0 ? `${actions} actions` : faults.map((one) => one.label).join(', ')
      return { file: shown, verdict: 'accepted', what, problems: [], warnings: [] }
    }
    return verdictOf(shown, readChaosMesh(text, shown), (experiment) =>
      experiment.faults.length === 0 ? 'no fault' : experiment.faults.map((fault) => fault.id).join(', '),
    )
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return { file: shown, verdict: 'rejected', what: '', problems: error.problems, warnings: [] }
  }
}

function verdictOf<T>(
  file: string,
  read: { ok: true; value: T; warnings: readonly Problem[] } | { ok: false; problems: readonly Problem[] },
  what: (value: T) => string,
): Checked {
  if (!read.ok) return { file, verdict: 'rejected', what: '', problems: read.problems, warnings: [] }
  const warnings = read.warnings.map((one): Problem => ({ ...one, level: 'warning' }))
  return { file, verdict: 'accepted', what: what(read.value), problems: [], warnings }
}

function print(one: Checked, out: Output, err: Output): void {
  printProblems([...one.problems, ...one.warnings], err)
  const mark =
    one.verdict === 'accepted'
      ? out.style('green', out.unicode ? '✓' : 'ok')
      : out.style('red', out.unicode ? '✕' : 'x')
  const rest =
    one.verdict === 'accepted'
      ? one.what
      : `${one.problems.length} ${one.problems.length === 1 ? 'problem' : 'problems'}`
  const warned =
    one.warnings.length === 0
      ? ''
      : `, ${one.warnings.length} ${one.warnings.length === 1 ? 'warning' : 'warnings'}`
  out.write(`${mark} ${one.file}: ${one.verdict}, ${rest}${warned}\n`)
}
