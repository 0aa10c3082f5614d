/** Appends spans for ever and says after each append how many are acknowledged. Killed by its test. */
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { openChdbSpanStore } from './chdb-span-store.ts'

const NOON = 1_800_000_000_000_000_000n
const SPANS = 500
const store = await openChdbSpanStore({ dataDirectory: process.argv[2] ?? '' })
for (let acknowledged = 0; ; acknowledged += SPANS) {
  process.stdout.write(`${acknowledged}\n`)
  const builder = new SpanTableBuilder({ epochNs: NOON, attributes: 'keep' })
  const resource = builder.addResource({ 'service.name': 'payment' })
  for (let i = 0; i < SPANS; i++)
    builder.addSpan(resource, {
      traceId: (acknowledged + i + 1).toString(16).padStart(32, '0'),
      spanId: '0000000000000001',
      name: 'charge',
      kind: 2,
      startNs: NOON,
      endNs: NOON + 1n,
    })
  await store.append(builder.finish())
}
