/** The callee, over HTTP and gRPC. How it behaves is told by messages of `record.js`; each order is known by its id. */
import { createServer } from 'node:http'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { trace } from '@opentelemetry/api'
import { Payments } from './grpc-api.js'

const GOOD_MS = 8

let mode = 'good'
let slowMs = 400
const attemptsOf = new Map()
process.on('message', (message) => {
  mode = message.mode
  slowMs = message.slowMs
  process.send({ mode })
})

/** good | slow | reset | unavailable | full: what to do with this attempt. */
function behaviourFor(orderId) {
  const attempt = (attemptsOf.get(orderId) ?? 0) + 1
  attemptsOf.set(orderId, attempt)
  if (!mode.endsWith('-first')) return mode
  return attempt === 1 ? mode.slice(0, -'-first'.length) : 'good'
}

/** What a charge takes. It is finished whether or not anybody still waits, as work on a database would be. */
function chargeCard(behaviour) {
  return trace.getTracer('payment').startActiveSpan('charge card', async (span) => {
    await new Promise((done) => setTimeout(done, behaviour === 'slow' ? slowMs : GOOD_MS))
    span.end()
  })
}

const http = createServer(async (request, response) => {
  request.resume()
  const behaviour = behaviourFor(request.headers['x-order-id'])
  if (behaviour === 'reset') return request.socket.destroy()
  if (behaviour === 'unavailable') return response.writeHead(503).end()
  if (behaviour === 'full') return response.writeHead(429).end()
  await chargeCard(behaviour)
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"charged":true}')
})

const grpc = new Server()
grpc.addService(Payments.service, {
  Charge: async (call, done) => {
    const behaviour = behaviourFor(call.request.orderId)
    if (behaviour === 'reset' || behaviour === 'unavailable')
      return done({ code: status.UNAVAILABLE, details: 'going away' })
    if (behaviour === 'full') return done({ code: status.RESOURCE_EXHAUSTED, details: 'no room' })
    await chargeCard(behaviour)
    done(null, { chargeId: 'c-1' })
  },
})

http.listen(0, '127.0.0.1', () => {
  grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error
    process.send({ httpPort: http.address().port, grpcPort: port })
  })
})
