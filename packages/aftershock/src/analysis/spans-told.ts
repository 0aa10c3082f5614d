import type { SpanTable } from '../model/span-table.ts'
import { besideProxies } from './beside-proxies.ts'
import type { SpanOrder } from './order-spans.ts'
import { belongings, type Names } from './service-index.ts'
import { spansIn } from './untold-calls.ts'

/** Every span with whom it belongs to, but for what proxies say beside those who tell of it themselves. */
export function spansToldOf(table: SpanTable, sent: SpanOrder, names: Names): ReturnType<typeof spansIn> {
  const belong = belongings(table, sent, names)
  const order = besideProxies(table, sent, belong.service)
  return spansIn(table, order, order === sent ? belong : belongings(table, order, names))
}
