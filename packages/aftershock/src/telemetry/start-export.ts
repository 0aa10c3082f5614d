import type { AttributeValue } from '../model/span-table.ts'
import type { ExportTarget } from './export-settings.ts'
import type { Sender } from './send-batch.ts'
import { type SpanExporter, spanExporter } from './span-exporter.ts'

export type ExportOrder = {
  readonly target: ExportTarget
  readonly resource: Readonly<Record<string, AttributeValue>>
  readonly scope: { readonly name: string; readonly version: string }
  readonly say: (text: string) => void
}

/** Loads what the protocol needs and nothing else. @throws when a certificate file cannot be read */
export async function startExport(order: ExportOrder): Promise<SpanExporter> {
  const { target } = order
  return spanExporter({
    sender: await senderFor(target),
    protocol: target.protocol,
    resource: order.resource,
    scope: order.scope,
    say: order.say,
    destination: withoutSecrets(target.url),
  })
}

async function senderFor(target: ExportTarget): Promise<Sender> {
  if (target.protocol === 'grpc') return (await import('./send-over-grpc.ts')).grpcSender(target)
  return (await import('./send-over-http.ts')).httpSender(target)
}

/** Some put the token into the address. */
function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname === '/' ? '' : pathname}`
}
