/**
 * Decoding OTLP into columns, beside protobufjs (to objects) and JSON.parse in the same run; spans a second of CPU.
 *
 *   npx node bench/decode.ts [spans] [rounds]
 */
import { OtlpJsonDecoder } from '../packages/aftershock/src/formats/otlp-json.ts'
import { encodeOtlpJson } from '../packages/aftershock/src/formats/otlp-json-encode.ts'
import { ORACLE } from '../packages/aftershock/src/formats/otlp-oracle.fixture.ts'
import { OtlpProtobufDecoder } from '../packages/aftershock/src/formats/otlp-protobuf.ts'
import { SpanTableBuilder } from '../packages/aftershock/src/model/span-table-builder.ts'
import { generateRequests, protobufBodies } from './generate-spans.ts'

const spans = Number(process.argv[2] ?? 102_400)
const rounds = Number(process.argv[3] ?? 7)
const requests = generateRequests(spans)
const protobuf = protobufBodies(requests)
const encoder = new TextEncoder()
const json = requests.groups.map((groups) => encoder.encode(encodeOtlpJson(groups)))
const decoder = new TextDecoder()
const oracle = ORACLE.lookupType('ExportTraceServiceRequest')
const megabytes = (bodies: readonly Uint8Array[]): number =>
  bodies.reduce((sum, { length }) => sum + length, 0) / 1e6

type Decoder = { readonly name: string; readonly bodies: readonly Uint8Array[]; run(): number }

/** Checks that the work was done: the number of spans comes out. */
function ours(encoding: 'protobuf' | 'json', attributes: 'keep' | 'drop'): Decoder {
  const bodies = encoding === 'protobuf' ? protobuf : json
  return {
    name: `${encoding} → columns, attributes ${attributes === 'keep' ? 'kept' : 'dropped'}`,
    bodies,
    run() {
      const builder = new SpanTableBuilder({ attributes })
      const reader =
        encoding === 'protobuf' ? new OtlpProtobufDecoder(builder, 'given') : new OtlpJsonDecoder(builder)
      for (const body of bodies) if (!reader.decode(body).ok) throw new Error('A generated body was refused')
      return builder.finish().length
    },
  }
}

const references: Decoder[] = [
  {
    name: 'protobufjs → objects',
    bodies: protobuf,
    run: () => protobuf.reduce((sum, body) => sum + countSpans(oracle.decode(body) as object), 0),
  },
  {
    name: 'JSON.parse → objects',
    bodies: json,
    run: () => json.reduce((sum, body) => sum + countSpans(JSON.parse(decoder.decode(body))), 0),
  },
]

function countSpans(request: object): number {
  const { resourceSpans } = request as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] }
  return resourceSpans.reduce(
    (sum, group) => sum + group.scopeSpans.reduce((n, scope) => n + scope.spans.length, 0),
    0,
  )
}

const decoders = [
  ours('protobuf', 'drop'),
  ours('protobuf', 'keep'),
  ...references,
  ours('json', 'drop'),
  ours('json', 'keep'),
]
// CPU time of all threads (garbage is collected beside), which a busy machine changes least. Rounds take turns,
// so that it is equally busy for all; the best round counts.
const bestMs = new Map<string, number>()
for (let round = 0; round < rounds; round++) {
  for (const one of decoders) {
    const before = process.cpuUsage()
    if (one.run() !== spans) throw new Error(`${one.name} did not decode every span`)
    const { user, system } = process.cpuUsage(before)
    bestMs.set(one.name, Math.min(bestMs.get(one.name) ?? Number.POSITIVE_INFINITY, (user + system) / 1000))
  }
}
console.log(
  `${spans} spans, 12 attributes each; protobuf ${megabytes(protobuf).toFixed(1)} MB, JSON ${megabytes(json).toFixed(1)} MB; Node ${process.version}; best of ${rounds}`,
)
const protobufjsMs = bestMs.get('protobufjs → objects') ?? Number.NaN
for (const { name, bodies } of decoders) {
  const ms = bestMs.get(name) ?? Number.NaN
  const columns = [
    name.padEnd(40),
    `${Math.round(spans / ms)} k spans/s`.padStart(16),
    `${((ms * 1000) / spans).toFixed(2)} µs/span`.padStart(14),
    `${Math.round((megabytes(bodies) / ms) * 1000)} MB/s`.padStart(10),
    `${(protobufjsMs / ms).toFixed(2)} × protobufjs`.padStart(18),
  ]
  console.log(columns.join(''))
}
