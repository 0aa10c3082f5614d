import { resolve } from 'node:path'
import { readChaosMesh } from '../formats/chaos-mesh/read-chaos-mesh.ts'
import type { Experiment } from '../model/fault.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import { readTextFile, shownPath } from './find-files.ts'
import { toolkitTitle } from './toolkit-run/is-toolkit-experiment.ts'

export type ExperimentsRead = {
  readonly experiments: readonly Experiment[]
  readonly warnings: readonly Problem[]
}

/**
 * @param namespace - of manifests that name none
 * @throws ProblemError with every problem of every file
 */
export function readExperiments(
  files: readonly string[],
  cwd: string,
  namespace = 'default',
): ExperimentsRead {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const experiments: Experiment[] = []
  for (const file of files) {
    const text = readTextFile(file, cwd)
    const shown = shownPath(resolve(cwd, file), cwd)
    const title = toolkitTitle(text, shown)
    if (title !== undefined) {
      experiments.push({ name: title, format: 'chaos-toolkit', file: shown, text, faults: [] })
      continue
    }
    const read = readChaosMesh(text, shown, namespace)
    if (!read.ok) problems.push(...read.problems)
    else {
      experiments.push(read.value)
      warnings.push(...read.warnings.map((one): Problem => ({ ...one, level: 'warning' })))
    }
  }
  if (problems.length > 0) throw new ProblemError(problems)
  return { experiments, warnings }
}
