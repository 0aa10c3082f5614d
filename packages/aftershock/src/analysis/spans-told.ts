import type { SpanTable } from '../model/span-table.ts'
import { besideProxies } from './beside-proxies.ts'
import type { SpanOrder } from './order-spans.ts'
import { belongings, type Names } from './service-index.ts'
import { type CallsPutIn, spansIn, withUntoldCalls } from './untold-calls.ts'

/** Every span with whom it belongs to: without what proxies say beside services, with calls nobody tells of. */
export function spansToldOf(table: SpanTable, sent: SpanOrder, names: Names): CallsPutIn {
  const belong = belongings(table, sent, names)
  const order = besideProxies(table, sent, belong.service)
  return withUntoldCalls(spansIn(table, order, order === sent ? belong : belongings(table, order, names)))
}
