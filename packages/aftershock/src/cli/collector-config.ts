import type { Command } from 'commander'
import { type ConfiguredWindow, collectorConfig } from '../formats/collector-config.ts'
import { readWindowFile } from '../formats/window-file.ts'
import type { ClusterWindowsJson } from '../model/cluster-experiment.ts'
import { ProblemError } from '../model/problem.ts'
import type { Windows } from '../model/window.ts'
import { askedWindows } from './analyze-windows.ts'
import { clusterTagWindows } from './cluster-tag-windows.ts'
import type { CommandContext } from './command-module.ts'
import { readTextFile } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'

type ConfigFlags = GlobalFlags & { readonly aftershock: string | boolean; readonly backend?: string }

const DEFAULT_RECEIVER = 'http://127.0.0.1:4318'

export function build(command: Command, context: CommandContext): void {
  command
    .argument('[file]', 'window file, result.json, or a watcher’s URL (/api/windows, /api/window-file/…)')
    .option('--aftershock <url>', 'OTLP/HTTP receiver of a run or of serve', DEFAULT_RECEIVER)
    .option('--no-aftershock', 'mark spans only')
    .option('--backend <url>', 'OTLP/HTTP endpoint of where your traces go')
    .action(async (file: string | undefined, flags: ConfigFlags) => {
      const io = context.io()
      const windows = file === undefined ? [] : configuredWindows(await textOf(file, io), file)
      const aftershock = typeof flags.aftershock === 'string' ? flags.aftershock : undefined
      if (aftershock === undefined && flags.backend === undefined) throw nowhere()
      io.out.write(collectorConfig({ aftershock, backend: flags.backend, windows }))
    })
}

async function textOf(file: string, io: ReturnType<CommandContext['io']>): Promise<string> {
  const { windowsText } = await askedWindows<{ windows: string; windowsText?: string }>(
    { windows: file },
    io.env,
  )
  return windowsText ?? readTextFile(file, io.cwd)
}

/** Possible first: what is certain overwrites it. */
function configuredWindows(text: string, file: string): readonly ConfiguredWindow[] {
  const cluster = clusterIn(text)
  const found = cluster === undefined ? ofWindowFile(text, file) : ofCluster(cluster)
  if (found.length > 0) return found.toSorted((a, b) => b.certainty.localeCompare(a.certainty))
  const why = 'it must hold a window that marks spans: nothing was injected for sure'
  throw new ProblemError([{ code: 'no-window', what: `Cannot use ${file}`, where: { file }, why }])
}

function clusterIn(text: string): ClusterWindowsJson | undefined {
  try {
    const value = JSON.parse(text) as Partial<ClusterWindowsJson> | null
    return value?.schema === 'aftershock.windows/1' ? (value as ClusterWindowsJson) : undefined
  } catch {
    return undefined
  }
}

function ofCluster({ experiments }: ClusterWindowsJson): readonly ConfiguredWindow[] {
  // Still in force: until somebody makes the file anew.
  const farNs = BigInt(Date.now() + 86_400_000) * 1_000_000n
  return clusterTagWindows(experiments).flatMap(({ experiment, targets, possible, certain }) =>
    (['possible', 'certain'] as const).flatMap((certainty) => {
      const { startNs, endNs = farNs } = certainty === 'certain' ? certain : possible
      return startNs < endNs ? [{ experiment, targets, startNs, endNs, certainty }] : []
    }),
  )
}

function ofWindowFile(text: string, file: string): readonly ConfiguredWindow[] {
  const read = readWindowFile(text, file)
  if (!read.ok) throw new ProblemError(read.problems)
  return read.value.chaos.flatMap((interval) =>
    experimentsOf(read.value).map(({ experiment, targets }) => ({
      experiment,
      targets,
      ...interval,
      certainty: 'certain' as const,
    })),
  )
}

function experimentsOf({
  experiments,
}: Windows): readonly Pick<ConfiguredWindow, 'experiment' | 'targets'>[] {
  const unnamed = {
    experiment: { id: undefined, name: 'unnamed', kind: 'unknown', action: undefined },
    targets: [],
  }
  if (experiments.length === 0) return [unnamed]
  return experiments.map(({ name, kind, action, targets }) => ({
    experiment: { id: undefined, name, kind, action },
    targets,
  }))
}

function nowhere(): ProblemError {
  const why = 'spans must go somewhere: --no-aftershock is given, and no --backend'
  return new ProblemError([
    { code: 'usage', what: 'Cannot write the configuration', why, fix: '--backend http://tempo:4318' },
  ])
}
