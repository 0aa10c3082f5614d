/** The sending side of ingest.ts: bodies of 512 spans made beforehand, sent over kept-alive connections. */
import { Agent, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { encodeOtlpProtobuf } from '../packages/aftershock/src/formats/otlp-protobuf-encode.ts'
import { shopRequests } from './shop-spans.ts'

const target = new URL(process.env.TARGET ?? '')
const spans = Number(process.env.SPANS)
const connections = Number(process.env.CONNECTIONS)
const spansPerSecond = Number(process.env.RATE ?? 0)
const BODY_SPANS = 512

const bodies = Array.from(shopRequests(spans, BODY_SPANS), (groups) => gzipSync(encodeOtlpProtobuf(groups)))
const agent = new Agent({ keepAlive: true, maxSockets: connections })
process.on('message', () => void sendAll())
process.send?.('ready')

async function sendAll(): Promise<void> {
  const begun = performance.now()
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < bodies.length) {
      const aheadMs =
        spansPerSecond === 0 ? 0 : (next * BODY_SPANS * 1000) / spansPerSecond - performance.now() + begun
      const body = bodies[next++] as Buffer
      if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs))
      while ((await post(body)) !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await Promise.all(Array.from({ length: connections }, sender))
  process.send?.('done')
  agent.destroy()
}

function post(body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
      'content-length': body.length,
    }
    const sent = request(target, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
