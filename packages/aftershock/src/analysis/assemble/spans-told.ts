import { CLIENT } from '../../model/span-kind.ts'
import type { SpanTable } from '../../model/span-table.ts'
import { besideProxies } from './beside-proxies.ts'
import type { SpanOrder } from './order-spans.ts'
import { areMeshes } from './passing-on.ts'
import { belongings, type Names } from './service-index.ts'
import { type CallsPutIn, spansIn, withUntoldCalls } from './untold-calls.ts'

/** Every span with whom it belongs to: without what proxies say beside services, with calls nobody tells of. */
export function spansToldOf(table: SpanTable, sent: SpanOrder, names: Names): CallsPutIn {
  const belong = belongings(table, sent, names)
  const order = besideProxies(table, sent, belong.service, names.meshes)
  if (order === sent) return withUntoldCalls(spansIn(table, order, belong))
  return withUntoldCalls(spansIn(table, order, withProxiesCalls(table, order, names)))
}

/** A call that only the proxy beside its caller tells of is the caller's: the span above it is. */
function withProxiesCalls(table: SpanTable, order: SpanOrder, names: Names): ReturnType<typeof belongings> {
  const { service, instance } = belongings(table, order, names)
  if (names.meshes.size === 0) return { service, instance }
  const isMesh = areMeshes(table, names.meshes)
  for (let p = 0; p < service.length; p++) {
    const [row, up] = [order.row[p], order.parent[p]]
    if (up === -1 || !isMesh[table.resource[row]] || table.kind[row] !== CLIENT) continue
    if (isMesh[table.resource[order.row[up]]]) continue
    service[p] = service[up]
    instance[p] = instance[up]
  }
  return { service, instance }
}
