import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import { exchange } from './exchange.ts'
import { HEADER_BYTES_MAX, type HttpLayer, type HttpLayerOptions } from './layer.ts'
import { upgrade } from './upgrade.ts'

/**
 * An HTTP/1.1 proxy for one connection, inside the process: bytes written to the stream are a caller's,
 * bytes read from it the answers. Node's own server and client parse and write them.
 */
export function openHttpLayer(options: HttpLayerOptions): Duplex {
  const [outer, inner] = duplexPair()
  const layer = newLayer(options, inner)
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
      requireHostHeader: false,
      noDelay: false,
    },
    (req, res) => exchange(layer, req, res),
  )
  // A caller may close its sending side behind its request and still wait for the answer.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => exchange(layer, req, res))
  server.on('upgrade', (req, socket, head) => {
    upgrade(layer, req, socket, head).catch(() => layer.drop())
  })
  server.on('clientError', () => inner.destroy())
  inner.on('error', () => undefined)
  inner.on('end', () => {
    options.isAbandoned().then((isGone) => {
      if (isGone) inner.destroy()
    })
  })
  inner.on('close', () => {
    layer.agent.destroy()
    outer.destroy()
  })
  outer.on('error', () => undefined)
  outer.on('close', () => inner.destroy())
  server.emit('connection', inner)
  return outer
}

function newLayer(options: HttpLayerOptions, inner: Duplex): HttpLayer {
  const watched = new WeakSet<Duplex>()
  const over = new AbortController()
  let underWay = 0
  inner.on('close', () => over.abort())
  return {
    ...options,
    agent: new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 }),
    over: over.signal,
    drop: () => inner.destroy(),
    begin() {
      underWay += 1
      let isOver = false
      return () => {
        if (!isOver) underWay -= 1
        isOver = true
      }
    },
    watch(upstream) {
      if (watched.has(upstream)) return
      watched.add(upstream)
      upstream.once('close', () => {
        if (underWay === 0) inner.end()
      })
    },
  }
}
