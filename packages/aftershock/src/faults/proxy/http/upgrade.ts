import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { countCall, ruledRequest, ruledResponse } from './apply-rules.ts'
import { dial } from './exchange.ts'
import { type Header, type HttpResponseHead, withHeader, without } from './http-message.ts'
import type { HttpLayer } from './layer.ts'

/** A request that asks for another protocol: rules meet its head; what follows passes as it is. */
export async function upgrade(
  layer: HttpLayer,
  req: IncomingMessage,
  caller: Duplex,
  early: Buffer,
): Promise<void> {
  const isOver = layer.begin()
  const seen = countCall(layer)
  caller.on('close', isOver)
  const head = await ruledRequest(layer, req, seen)
  if (head === undefined) {
    seen.end()
    layer.drop()
    return
  }
  const upstream = dial(layer, head, head.headers)
  caller.on('close', () => upstream.destroy())
  upstream.on('error', () => {
    layer.onFailed()
    caller.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
  })
  const answered = async (answer: IncomingMessage, go: (head: HttpResponseHead) => void): Promise<void> => {
    const ruled = await ruledResponse(layer, head, answer, seen).catch(() => undefined)
    seen.end()
    if (ruled === undefined) layer.drop()
    else go(ruled)
  }
  upstream.on('upgrade', (answer, service, first) => {
    service.on('error', () => layer.drop())
    caller.on('close', () => service.destroy())
    service.on('close', () => caller.end())
    answered(answer, (ruled) => {
      caller.write(headText(ruled, ruled.headers))
      if (first.length > 0) caller.write(first)
      if (early.length > 0) service.write(early)
      service.pipe(caller)
      caller.pipe(service)
    })
  })
  // Refused: the answer is whole when the connection ends, because no parser reads it any more.
  upstream.on('response', (answer) => {
    answered(answer, (ruled) => {
      const closing = withHeader(without(ruled.headers, 'transfer-encoding'), 'connection', 'close')
      caller.write(headText(ruled, closing))
      answer.pipe(caller)
    })
  })
  upstream.end()
}

function headText({ code, reason }: HttpResponseHead, headers: readonly Header[]): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `HTTP/1.1 ${code} ${reason || (STATUS_CODES[code] ?? '')}\r\n${lines}\r\n`
}
