import type { Command } from 'commander'
import { ProblemError } from '../model/problem.ts'
import {
  type ClusterRuns,
  printClusterEvents,
  printClusterRuns,
  runsOfCluster,
  runsOfWatcher,
} from './cluster-runs.ts'
import type { CommandContext } from './command-module.ts'
import { findSystemFile, homeOf } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { Io, Output } from './io.ts'
import { runsOnDisk } from './runs-on-disk.ts'

type ListedRun = ReturnType<ReturnType<typeof runsOnDisk>['list']>[number]

type RunsFlags = GlobalFlags & {
  readonly limit: number
  readonly target?: string
  readonly watcher?: string
  readonly events?: boolean
}

export function build(command: Command, context: CommandContext): void {
  command
    .option('--limit <n>', 'at most so many', Number, 20)
    .option('--target <where>', 'k8s or k8s:<context>: the chaos experiments of the cluster')
    .option('--watcher <url>', 'the same from `aftershock watch`, with those that are gone')
    .option('--events', 'their events instead')
    .action(async (flags: RunsFlags) => {
      const io = context.io()
      const cluster = await clusterRuns(flags, io)
      if (cluster !== undefined) {
        if (flags.json) io.out.write(`${JSON.stringify(cluster, null, 2)}\n`)
        else if (flags.events === true) printClusterEvents(cluster, flags.limit, io.out)
        else printClusterRuns(cluster, flags.limit, io.out)
        return
      }
      const home = homeOf(io.cwd, findSystemFile(io.cwd, flags.config))
      const runs = runsOnDisk(home).list().slice(0, flags.limit)
      if (flags.json) io.out.write(`${JSON.stringify(runs, null, 2)}\n`)
      else if (runs.length === 0)
        io.out.write('No runs yet. `aftershock demo` makes one in 90 seconds, without Docker.\n')
      else for (const run of runs) io.out.write(row(run, io.out))
    })
}

async function clusterRuns(flags: RunsFlags, io: Io): Promise<ClusterRuns | undefined> {
  if (flags.watcher !== undefined) return runsOfWatcher(flags.watcher, io.env)
  if (flags.target === undefined || flags.target === 'local') return undefined
  const context = /^k8s(?::(.+))?$/.exec(flags.target)
  if (context !== null) return runsOfCluster(context[1])
  const why = `--target must be local, k8s or k8s:<context>: current value is ${flags.target}`
  throw new ProblemError([{ code: 'target', what: 'Cannot list runs', why, fix: '--target k8s' }])
}

const glyphs: Readonly<Record<string, readonly [string, string]>> = {
  held: ['✓', 'ok'],
  broke: ['✕', 'x'],
  inconclusive: ['?', '?'],
  stopped: ['■', '!'],
  running: ['●', '*'],
}

function row(run: ListedRun, output: Output): string {
  const word = run.running ? 'running' : run.verdict
  const [glyph, ascii] = glyphs[word] ?? ['–', '-']
  const mark = output.unicode ? glyph : ascii
  const at = run.startedAt.replace('T', ' ').slice(0, 19)
  const headline = run.running ? `goes on; end it with \`aftershock stop ${run.id}\`` : run.headline
  return `${mark} ${word.padEnd(13)} ${run.id}  ${at} UTC  ${run.name}\n    ${headline}\n`
}
