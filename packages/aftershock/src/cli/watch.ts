import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { systemClock } from '../engine/clock.ts'
import { ApiError, problemOfApiError } from '../kubernetes/api-error.ts'
import { connectKube, type KubeClient } from '../kubernetes/client.ts'
import { openArchive } from '../kubernetes/watch/archive.ts'
import { startDuties } from '../kubernetes/watch/duties.ts'
import { ExperimentBook } from '../kubernetes/watch/experiment-book.ts'
import { openJournal } from '../kubernetes/watch/journal.ts'
import { type Leadership, standForLeader } from '../kubernetes/watch/leader.ts'
import { watchMetrics } from '../kubernetes/watch/watch-metrics.ts'
import { startWatchServer } from '../kubernetes/watch/watch-server.ts'
import { startWatcher } from '../kubernetes/watch/watcher.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import { exportSettings, ownResource } from '../telemetry/export-settings.ts'
import { startExport } from '../telemetry/start-export.ts'
import type { CommandContext } from './command-module.ts'
import { Deferred } from './deferred.ts'
import { findSystemFile, homeOf, shownPath } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { Io } from './io.ts'
import { portFlag } from './port-flag.ts'
import { timeMs } from './run-options.ts'
import { isLoopback, untilSignal } from './serve-until.ts'

type WatchFlags = GlobalFlags & {
  readonly context?: string
  readonly kubeconfig?: string
  readonly namespace?: string
  readonly host: string
  readonly port: string
  readonly token?: string
  readonly data?: string
  readonly keep: number
  readonly annotate: boolean
  readonly orphans: boolean
  readonly leaderElect?: boolean
  readonly leaseNamespace?: string
  readonly leaseName: string
  readonly identity?: string
  readonly otlp?: string
}

const exitFlushMs = 3_000

export function build(command: Command, context: CommandContext): void {
  const env = (name: string): string => `AFTERSHOCK_WATCH_${name}`
  command
    .option('--context <name>', 'of the kubeconfig (default: the current one; in a pod its service account)')
    .option('--kubeconfig <file>', 'instead of KUBECONFIG and ~/.kube/config')
    .addOption(new Option('--namespace <name>', 'only this one (default: all)').env(env('NAMESPACE')))
    .addOption(
      new Option('--host <host>', 'address to bind; beyond loopback a --token is required')
        .default('127.0.0.1')
        .env(env('HOST')),
    )
    .addOption(
      new Option('--port <port>', 'windows, probes and metrics')
        .argParser(portFlag)
        .default('4790')
        .env(env('PORT')),
    )
    .addOption(new Option('--token <token>', 'asked for by /api').env(env('TOKEN')))
    .addOption(
      new Option('--data <dir>', 'journal and archive (default: .aftershock/watch)').env(env('DATA')),
    )
    .addOption(
      new Option('--keep <time>', 'finished experiments are kept so long')
        .argParser(timeMs)
        .default(336 * 3_600_000, '336h')
        .env(env('KEEP')),
    )
    .option('--no-annotate', 'do not write chaos-mesh.org/experiment on affected pods')
    .option('--no-orphans', 'do not remove objects of runs that are gone')
    .addOption(
      new Option('--leader-elect', 'several replicas: one writes, all watch').env(env('LEADER_ELECT')),
    )
    .addOption(
      new Option('--lease-namespace <name>', 'of the Lease (default: of the context)').env(
        env('LEASE_NAMESPACE'),
      ),
    )
    .option('--lease-name <name>', 'name of the Lease', 'aftershock-watch')
    .addOption(
      new Option('--identity <name>', 'of this replica (default: the host name)').env(env('IDENTITY')),
    )
    .addOption(
      new Option(
        '--otlp <url>',
        'send a trace of each experiment there (or OTEL_EXPORTER_OTLP_ENDPOINT)',
      ).env(env('OTLP')),
    )
    .action(async (flags: WatchFlags) => {
      const io = context.io()
      refuseOpenDoor(flags)
      const client = connectKube({
        kubeconfig: flags.kubeconfig,
        context: flags.context,
        clock: systemClock(),
      })
      try {
        await watch(io, flags, client, context.version)
      } catch (error) {
        if (error instanceof ApiError)
          throw problemOfApiError(error, 'Cannot watch the cluster', client.server)
        throw error
      } finally {
        client.close()
      }
    })
}

async function watch(io: Io, flags: WatchFlags, client: KubeClient, version: string): Promise<void> {
  await using stack = new Deferred()
  const clock = systemClock()
  const say = (text: string): void => io.err.write(`${new Date().toISOString()} ${text}\n`)
  const home = homeOf(io.cwd, findSystemFile(io.cwd, flags.config))
  const folder = resolve(io.cwd, flags.data ?? join(home, 'watch'))
  const book = new ExperimentBook()
  const journal = openJournal(folder)
  const archive = openArchive(folder, flags.keep)
  const watcher = startWatcher({ client, clock, book, journal, archive, namespace: flags.namespace, say })
  stack.defer(() => watcher.stop())
  const leadership = flags.leaderElect === true ? elect(flags, client, say) : undefined
  if (leadership !== undefined) stack.defer(() => leadership.stop())
  const isLeader = leadership?.isLeader ?? (() => true)
  const exporter = await exporterFor(flags, io, version, say)
  if (exporter !== undefined) stack.defer(async () => void (await exporter.close(exitFlushMs)))
  const state = { isReady: false }
  const duties = startDuties({
    client,
    clock,
    book,
    watcher,
    folder,
    isLeader,
    annotate: flags.annotate,
    removeOrphans: flags.orphans,
    exportSpans: exporter === undefined ? undefined : (spans) => exporter.add(spans),
    say,
  })
  stack.defer(() => duties.stop())
  const known = { book, archive, revision: () => watcher.revision(), isComplete: () => state.isReady }
  const measured = {
    book,
    watcher,
    client,
    duties: () => duties.counts(),
    isLeader,
    archived: () => archive.all().length,
    journalBytes: () => journal.bytes(),
  }
  const server = await startWatchServer({
    host: flags.host,
    port: Number(flags.port),
    // A variable that is set to nothing is no token.
    token: flags.token || undefined,
    known,
    watcher,
    metrics: () => watchMetrics(measured),
    unready: () => (state.isReady ? undefined : 'the cluster has not been listed yet'),
  })
  stack.defer(() => server.close())
  const url = `http://${server.host}:${server.port}`
  if (flags.json) io.out.write(`${JSON.stringify({ url, data: folder })}\n`)
  else
    io.out.write(
      `windows  ${url}/api/windows\nkept in  ${shownPath(folder, io.cwd)}\ncluster  ${client.server}\n`,
    )
  const stopped = untilSignal()
  await Promise.race([watcher.ready, stopped])
  state.isReady = true
  say(`the cluster is listed: ${book.entries().length} experiments`)
  for (const kind of watcher.counts().missingKinds) say(`this cluster does not serve ${kind}`)
  await stopped
  say('stopping')
}

function elect(flags: WatchFlags, client: KubeClient, say: (text: string) => void): Leadership {
  return standForLeader({
    client,
    clock: systemClock(),
    namespace: flags.leaseNamespace ?? client.namespace,
    name: flags.leaseName,
    identity: flags.identity ?? hostname(),
    say,
  })
}

async function exporterFor(flags: WatchFlags, io: Io, version: string, say: (text: string) => void) {
  const { target } = exportSettings(io.env, { endpoint: flags.otlp })
  if (target === undefined) return undefined
  const resource = ownResource(io.env, 'aftershock-watch')
  return startExport({ target, resource, scope: { name: 'aftershock', version }, say })
}

/** @throws ProblemError: whoever reaches the port could read what is broken in the cluster */
function refuseOpenDoor({ host, token }: WatchFlags): void {
  if (isLoopback(host) || (token ?? '') !== '') return
  const problem: Problem = {
    code: 'token-required',
    what: 'Cannot serve windows to other machines',
    why: `beyond loopback a token is required: --host is ${host} and there is no --token`,
    fix: 'give --token, or AFTERSHOCK_WATCH_TOKEN from a Secret',
  }
  throw new ProblemError([problem])
}
