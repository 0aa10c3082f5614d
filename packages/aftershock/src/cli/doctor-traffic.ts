import { startOtlpGrpcReceiver } from '../collector/otlp-grpc-receiver.ts'
import { startOtlpHttpReceiver } from '../collector/otlp-http-receiver.ts'
import { inProcessSpanCollector } from '../collector/span-collector.ts'
import { directCallers } from '../faults/process/direct-callers.ts'
import type { Check } from '../kubernetes/doctor/check.ts'
import { ProblemError } from '../model/problem.ts'
import type { SystemFile } from '../model/system.ts'

/** Services that already run and whose callers connect to them directly, past where the proxy will stand. */
export async function bypassChecks(system: SystemFile): Promise<readonly Check[]> {
  return system.services.flatMap((service): readonly Check[] => {
    const { listen, upstream } = service
    if (service.command !== undefined || listen === undefined || upstream === undefined) return []
    const callers = directCallers(upstream.port)
    if (callers === undefined)
      return [{ state: 'skip', what: `proxy ${service.name}: who connects can be seen on Linux only` }]
    if (callers.length === 0) return []
    return [
      {
        state: 'bad',
        what: `proxy ${service.name}: callers connect past it`,
        seen: callers.map(
          (one) =>
            `${one.command} (pid ${one.pid}) talks to ${upstream.host}:${upstream.port} directly (${one.connections} connections)`,
        ),
        fix: `start them with the address of ${service.name} set to ${listen.host}:${listen.port}`,
      },
    ]
  })
}

/** Which of the services that already run send spans, within `waitMs`. Those we start are looked at by a run. */
export async function silentServiceChecks(system: SystemFile, waitMs: number): Promise<readonly Check[]> {
  const running = system.services.filter((service) => service.command === undefined)
  if (running.length === 0)
    return [
      {
        state: 'skip',
        what: 'traces: every service is started by the run, which looks for their spans itself',
      },
    ]
  const collector = inProcessSpanCollector()
  try {
    const http = await startOtlpHttpReceiver({ address: system.traces.otlpHttp, sink: collector.receive })
    const grpc = await startOtlpGrpcReceiver({ address: system.traces.otlpGrpc, sink: collector.receive })
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    await Promise.all([http.close(), grpc.close()])
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return [{ state: 'skip', what: 'traces: the receivers’ ports are taken, so nobody can be heard' }]
  }
  const heard = new Set(collector.stats().services.map((one) => one.service))
  await collector.finish()
  const silent = running.filter((service) => !heard.has(service.name))
  if (silent.length === 0)
    return [{ state: 'ok', what: `traces: spans arrive from ${[...heard].join(', ')}` }]
  const { host, port } = system.traces.otlpHttp
  return [
    {
      state: 'bad',
      what: `traces: none from ${silent.map((service) => service.name).join(', ')} within ${waitMs / 1000} s`,
      seen: heard.size === 0 ? ['no span arrived at all'] : [`spans arrive from ${[...heard].join(', ')}`],
      fix: `OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:${port} for them (and traffic while this looks), or go on with inferred steps`,
    },
  ]
}
