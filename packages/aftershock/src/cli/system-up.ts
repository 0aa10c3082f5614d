import { startOtlpGrpcReceiver } from '../collector/otlp-grpc-receiver.ts'
import { startOtlpHttpReceiver } from '../collector/otlp-http-receiver.ts'
import type { SpanCollector } from '../collector/span-collector.ts'
import { portProblem } from '../faults/process/ports.ts'
import { commandOf } from '../faults/process/process-table.ts'
import { ownersOfPort } from '../faults/process/socket-table.ts'
import type { Warden } from '../faults/warden/warden-client.ts'
import type { Path } from '../formats/source-text.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { Address, ServiceConfig, SystemFile } from '../model/system.ts'
import { placedIn, placing } from './system-place.ts'

/** Undone in reverse order, each whatever happens to the others. */
export type Receivers = AsyncDisposable & { readonly http: Address; readonly grpc: Address }

/** @throws ProblemError (exit code 4) naming the port in use */
export async function startReceivers(system: SystemFile, collector: SpanCollector): Promise<Receivers> {
  await checkReceivers(system)
  const http = await startOtlpHttpReceiver({ address: system.traces.otlpHttp, sink: collector.receive })
  try {
    const grpc = await startOtlpGrpcReceiver({ address: system.traces.otlpGrpc, sink: collector.receive })
    return {
      http: http.address,
      grpc: grpc.address,
      [Symbol.asyncDispose]: async () => {
        await Promise.allSettled([http.close(), grpc.close()])
      },
    }
  } catch (error) {
    await http.close()
    throw error
  }
}

/** Names both ports at once, and who has them. */
async function checkReceivers(system: SystemFile): Promise<void> {
  const { otlpHttp, otlpGrpc } = system.traces
  const asked = [
    ['http', otlpHttp, 'the OTLP/HTTP receiver'],
    ['grpc', otlpGrpc, 'the OTLP/gRPC receiver'],
  ] as const
  const found = await Promise.all(
    asked.map(async ([key, address, name]) => {
      const problem = await portProblem(address, name)
      if (problem === undefined) return []
      const fix = ownersOfPort(address.port).some(isServe)
        ? 'If that is `aftershock serve`, start it with --no-store: it shows runs all the same; or run with --otlp-port 4328'
        : `${problem.fix ?? 'Choose another port'}: traces.otlp.${key} in aftershock.yaml, or --otlp-port`
      return [placedIn(system.file, ['traces', 'otlp', key], { ...problem, fix })]
    }),
  )
  if (found.flat().length > 0) throw new ProblemError(found.flat(), 4)
}

/** Whether the process is `aftershock serve`, as far as its command line tells. */
function isServe(pid: number): boolean {
  return /\baftershock\S* .*\b(serve|ui)\b/.test(commandOf(pid))
}

const listenWithinMs = 60_000
const sayEveryMs = 1_000

/** Starts what has a command, waits until it listens, then puts the proxies in front. */
export async function startSystem(
  warden: Warden,
  { services, file }: Pick<SystemFile, 'services' | 'file'>,
  otlpHttp: Address,
  say: (text: string) => void,
): Promise<void> {
  await checkAddresses(services, file)
  const own = services.filter((service) => service.command !== undefined)
  // Proxies first: services that call each other at start find an address that answers or refuses, never a stranger.
  await warden.openProxies(services)
  await Promise.all(
    own.flatMap((service) =>
      replicasOf(service).map((replica) =>
        placing(
          file,
          pathOf(service, 'command'),
          warden.startService(service, environmentOf(service, replica, otlpHttp), replica),
        ),
      ),
    ),
  )
  const waiting = new Set(own.map((service) => service.name))
  const sayWhoIsAwaited = (): void => {
    if (waiting.size > 0) say(`waiting for ${[...waiting].join(', ')} to listen`)
  }
  const repeated = setInterval(sayWhoIsAwaited, sayEveryMs)
  try {
    await Promise.all(
      own.flatMap((service) =>
        replicasOf(service).map(async (replica) => {
          const listening = warden.waitUntilListening(`${service.name}-${replica}`, listenWithinMs)
          await placing(file, pathOf(service, 'command'), listening)
          waiting.delete(service.name)
          sayWhoIsAwaited()
        }),
      ),
    )
  } finally {
    clearInterval(repeated)
  }
}

function pathOf(service: ServiceConfig, field: 'command' | 'listen' | 'upstream'): Path {
  return ['system', 'services', service.name, field]
}

function replicasOf(service: ServiceConfig): readonly number[] {
  return Array.from({ length: service.replicas }, (_, i) => i)
}

/** What tells the OpenTelemetry SDK where to send, and the spans which pod they are from. */
function environmentOf(
  service: ServiceConfig,
  replica: number,
  otlp: Address,
): Readonly<Record<string, string>> {
  const pod = `${service.name}-${replica}`
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${otlp.host}:${otlp.port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_SERVICE_NAME: service.name,
    OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${pod},k8s.pod.name=${pod},k8s.namespace.name=${service.namespace}`,
    OTEL_BSP_SCHEDULE_DELAY: '500',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    ...service.env,
  }
}

/** Every address that we or our processes will take must be free; all that are not are named at once. */
async function checkAddresses(services: readonly ServiceConfig[], file: string | undefined): Promise<void> {
  const found = await Promise.all(
    services.flatMap((service) => {
      const { listen, upstream, command, name } = service
      const own =
        command === undefined || upstream === undefined
          ? []
          : replicasOf(service).map((i) => ({ host: upstream.host, port: upstream.port + i }))
      const check = async (address: Address, field: 'listen' | 'upstream'): Promise<Problem | undefined> => {
        const problem = await portProblem(address, name)
        return problem && placedIn(file, pathOf(service, field), problem)
      }
      return [
        ...(listen === undefined ? [] : [check(listen, 'listen')]),
        ...own.map((address) => check(address, 'upstream')),
      ]
    }),
  )
  const problems = found.filter((problem) => problem !== undefined)
  if (problems.length > 0) throw new ProblemError(problems, 4)
}
