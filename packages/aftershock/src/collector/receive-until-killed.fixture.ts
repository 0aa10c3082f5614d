/** Receives OTLP/HTTP into the embedded store, and prints its port. Killed by its test. */
import { openChdbSpanStore } from '../store/chdb-span-store.ts'
import { startOtlpHttpReceiver } from './otlp-http-receiver.ts'
import { startStoreCollector } from './store-collector.ts'

const store = await openChdbSpanStore({ dataDirectory: process.argv[2] ?? '' })
const collector = await startStoreCollector(store)
const address = { host: '127.0.0.1', port: 0 }
const receiver = await startOtlpHttpReceiver({ address, sink: collector.receive })
process.stdout.write(`${receiver.address.port}\n`)
