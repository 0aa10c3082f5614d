import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { startOtlpGrpcReceiver } from '../collector/otlp-grpc-receiver.ts'
import { startOtlpHttpReceiver } from '../collector/otlp-http-receiver.ts'
import { startStoreCollector } from '../collector/store-collector.ts'
import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'
import { startServer } from '../server/server.ts'
import { type ChdbSpanStore, openChdbSpanStore } from '../store/chdb-span-store.ts'
import {
  type ClickhouseSpanStore,
  openClickhouseSpanStore,
  withoutPassword,
} from '../store/clickhouse-span-store.ts'
import type { SpanStore } from '../store/span-store.ts'
import { clusterPort } from './cluster-port.ts'
import type { CommandContext } from './command-module.ts'
import { Deferred } from './deferred.ts'
import { findSystemFile, homeOf, shownPath } from './find-files.ts'
import { followWindows } from './follow-windows.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { Io } from './io.ts'
import { portFlag } from './port-flag.ts'
import { pageAssets } from './report-assets.ts'
import { timeMs } from './run-options.ts'
import { runsOnDisk } from './runs-on-disk.ts'
import { untilSignal } from './serve-until.ts'
import { watcherAt } from './watcher-client.ts'

type ServeFlags = GlobalFlags & {
  readonly host: string
  readonly port: string
  readonly otlpHttp: string
  readonly otlpGrpc: string
  readonly data?: string
  readonly retention: number
  readonly store: string | false
  readonly token?: string
  readonly watcher?: string
}

export function build(command: Command, context: CommandContext): void {
  const env = (name: string): string => `AFTERSHOCK_SERVE_${name}`
  command
    .addOption(
      new Option('--host <host>', 'address to bind; beyond loopback a --token is required')
        .default('127.0.0.1')
        .env(env('HOST')),
    )
    .addOption(
      new Option('--port <port>', 'web UI and API').argParser(portFlag).default('4780').env(env('PORT')),
    )
    .addOption(
      new Option('--otlp-http <port>', 'OTLP/HTTP receiver')
        .argParser(portFlag)
        .default('4318')
        .env(env('OTLP_HTTP')),
    )
    .addOption(
      new Option('--otlp-grpc <port>', 'OTLP/gRPC receiver')
        .argParser(portFlag)
        .default('4317')
        .env(env('OTLP_GRPC')),
    )
    .addOption(
      new Option('--data <dir>', 'where spans are kept (default: .aftershock/store)').env(env('DATA')),
    )
    .addOption(
      new Option('--retention <time>', 'spans older than this are forgotten')
        .argParser(timeMs)
        .default(7 * 24 * 3_600_000, '168h')
        .env(env('RETENTION')),
    )
    .addOption(
      new Option('--store <where>', 'embedded, or the URL of a ClickHouse server')
        .default('embedded')
        .env(env('STORE')),
    )
    .option('--no-store', 'only the runs of this folder: no receivers, no store')
    .addOption(
      new Option(
        '--watcher <url>',
        'of `aftershock watch`: spans are tagged by the windows of its cluster',
      ).env(env('WATCHER')),
    )
    .addOption(new Option('--token <token>', 'instead of a random one').env(env('TOKEN')))
    .action(async (flags: ServeFlags) => {
      await serve(context.io(), flags, context.version)
    })
}

async function serve(io: Io, flags: ServeFlags, version: string): Promise<void> {
  const home = homeOf(io.cwd, findSystemFile(io.cwd, flags.config))
  const token = flags.token || randomBytes(16).toString('hex')
  await using stack = new Deferred()
  const spans =
    flags.store === false
      ? undefined
      : await keepSpans(io, flags, await openStore(io, flags.store, flags.data ?? join(home, 'store')), stack)
  const watcher = flags.watcher === undefined ? undefined : watcherAt(flags.watcher, io.env)
  if (watcher !== undefined && spans !== undefined) {
    const following = followWindows(watcher, spans.setWindows, (text) => io.err.write(`${text}\n`))
    stack.defer(() => following.stop())
  }
  const server = await startServer({
    address: { host: flags.host, port: Number(flags.port) },
    token,
    runs: runsOnDisk(home),
    store: spans?.store,
    cluster: watcher === undefined ? undefined : clusterPort(watcher),
    page: pageAssets(),
    version,
  })
  stack.defer(() => server.close())
  const { host, port } = server.address
  const url = `http://${host}:${port}/#k=${token}`
  if (flags.json) io.out.write(`${JSON.stringify({ url, token, ...spans?.addresses })}\n`)
  else {
    io.out.write(`web UI   ${url}\n`)
    if (spans !== undefined) {
      io.out.write(`OTLP     http ${spans.addresses.otlpHttp}, grpc ${spans.addresses.otlpGrpc}\n`)
      io.out.write(`spans    ${spans.kept}\n`)
    }
    io.out.write(`runs     ${existsSync(home) ? shownPath(home, io.cwd) : 'none yet: aftershock demo'}\n`)
  }
  await untilSignal()
  io.err.write(spans === undefined ? 'stopping\n' : 'stopping: what was received is being stored\n')
}

async function keepSpans(io: Io, flags: ServeFlags, opened: OpenedStore, stack: Deferred) {
  const { store } = opened
  stack.defer(() => store.close())
  const collector = await startStoreCollector(store, {
    onError: (error) => io.err.write(`warning: spans could not be stored: ${errorText(error)}\n`),
  })
  stack.defer(() => collector.finish())
  const http = await startOtlpHttpReceiver({
    address: { host: flags.host, port: Number(flags.otlpHttp) },
    sink: collector.receive,
    token: flags.token,
  })
  stack.defer(() => http.close())
  const grpc = await startOtlpGrpcReceiver({
    address: { host: flags.host, port: Number(flags.otlpGrpc) },
    sink: collector.receive,
    token: flags.token,
  })
  stack.defer(() => grpc.close())
  // A server's tables may hold what others sent: how long that is kept is its owner's business.
  if (opened.kind === 'embedded') stack.defer(forgetOldSpans(io, store, flags.retention))
  const kept =
    opened.kind === 'embedded'
      ? `kept ${Math.round(flags.retention / 3_600_000)} h`
      : 'kept as the server is told to'
  const shown = (address: { host: string; port: number }): string => `${address.host}:${address.port}`
  return {
    store,
    setWindows: collector.setWindows,
    kept: `${opened.place}, ${kept}`,
    addresses: { otlpHttp: shown(http.address), otlpGrpc: shown(grpc.address) },
  }
}

type OpenedStore =
  | { readonly kind: 'embedded'; readonly place: string; readonly store: ChdbSpanStore }
  | { readonly kind: 'server'; readonly place: string; readonly store: ClickhouseSpanStore }

/** @param data - where spans are kept, or wait for the server */
async function openStore(io: Io, where: string, data: string): Promise<OpenedStore> {
  const directory = resolve(io.cwd, data)
  if (where === 'embedded') {
    const store = await openChdbSpanStore({ dataDirectory: directory })
    return { kind: 'embedded', place: shownPath(directory, io.cwd), store }
  }
  if (/^https?:\/\//.test(where)) {
    const store = await openClickhouseSpanStore({ url: where, blockDirectory: join(directory, 'waiting') })
    return { kind: 'server', place: withoutPassword(where), store }
  }
  throw new ProblemError(
    [
      {
        code: 'store-unknown',
        what: 'Cannot open the span store',
        why: `--store must be embedded or a URL: current value is ${where}`,
        fix: 'Write for example --store http://clickhouse:8123, or leave it out',
      },
    ],
    2,
  )
}

/** @returns stops it */
function forgetOldSpans(io: Io, store: SpanStore, retentionMs: number): () => void {
  const timer = setInterval(() => {
    store
      .deleteBefore(BigInt(Date.now() - retentionMs) * 1_000_000n)
      .catch((error: unknown) =>
        io.err.write(`warning: old spans could not be removed: ${errorText(error)}\n`),
      )
  }, 600_000)
  return () => clearInterval(timer)
}
