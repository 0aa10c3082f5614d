import { startOtlpGrpcReceiver } from '../collector/otlp-grpc-receiver.ts'
import { startOtlpHttpReceiver } from '../collector/otlp-http-receiver.ts'
import type { SpanCollector } from '../collector/span-collector.ts'
import { portProblem } from '../faults/process/ports.ts'
import type { Warden } from '../faults/warden/warden-client.ts'
import { ProblemError } from '../model/problem.ts'
import type { Address, ServiceConfig, SystemFile } from '../model/system.ts'

/** Undone in reverse order, each whatever happens to the others. */
export type Receivers = AsyncDisposable & { readonly http: Address; readonly grpc: Address }

/** @throws ProblemError (exit code 4) naming the port in use */
export async function startReceivers(system: SystemFile, collector: SpanCollector): Promise<Receivers> {
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

const listenWithinMs = 60_000

/** Starts what has a command, waits until it listens, then puts the proxies in front. */
export async function startSystem(
  warden: Warden,
  services: readonly ServiceConfig[],
  otlpHttp: Address,
  say: (text: string) => void,
): Promise<void> {
  await checkAddresses(services)
  const own = services.filter((service) => service.command !== undefined)
  // Proxies first: services that call each other at start find an address that answers or refuses, never a stranger.
  await warden.openProxies(services)
  await Promise.all(
    own.flatMap((service) =>
      replicasOf(service).map((replica) =>
        warden.startService(service, environmentOf(service, replica, otlpHttp), replica),
      ),
    ),
  )
  const waiting = new Set(own.map((service) => service.name))
  await Promise.all(
    own.flatMap((service) =>
      replicasOf(service).map(async (replica) => {
        await warden.waitUntilListening(`${service.name}-${replica}`, listenWithinMs)
        waiting.delete(service.name)
        if (waiting.size > 0) say(`waiting for ${[...waiting].join(', ')}`)
      }),
    ),
  )
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
async function checkAddresses(services: readonly ServiceConfig[]): Promise<void> {
  const found = await Promise.all(
    services.flatMap((service) => {
      const { listen, upstream, command, name } = service
      const own =
        command === undefined || upstream === undefined
          ? []
          : replicasOf(service).map((i) => ({ host: upstream.host, port: upstream.port + i }))
      return [...(listen === undefined ? [] : [listen]), ...own].map((address) => portProblem(address, name))
    }),
  )
  const problems = found.filter((problem) => problem !== undefined)
  if (problems.length > 0) throw new ProblemError(problems, 4)
}
