import { connect } from 'node:net'
import type { Address } from '../../model/system.ts'

/** `answered`: bytes came back. `connected`: nothing came, but nothing was refused either. */
export type Passed = { readonly kind: 'answered' | 'connected'; readonly tookMs: number }

export type ProbeAnswer = Passed | { readonly kind: 'refused' | 'silent'; readonly why: string }

export function passed(answer: ProbeAnswer): answer is Passed {
  return answer.kind === 'answered' || answer.kind === 'connected'
}

/**
 * Asks something that listens for a sign of life without doing anything there: a request line that is
 * none. HTTP servers answer 400 before any handler (and any instrumentation) sees it, so no trace tells
 * of the probe. Others hang up or say nothing.
 */
export function probe(
  address: Address,
  speaks: 'http' | 'grpc' | 'tcp',
  timeoutMs: number,
): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const startMs = performance.now()
    const socket = connect({ host: address.host, port: address.port })
    let connected = false
    const end = (answer: ProbeAnswer): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const tookMs = (): number => performance.now() - startMs
    const timer = setTimeout(() => {
      if (connected && speaks !== 'http') end({ kind: 'connected', tookMs: tookMs() })
      else end({ kind: 'silent', why: `no answer within ${timeoutMs} ms` })
    }, timeoutMs)
    socket.once('connect', () => {
      connected = true
      if (speaks === 'http') socket.write('?\r\n\r\n')
      else setTimeout(() => end({ kind: 'connected', tookMs: tookMs() }), SETTLE_MS)
    })
    socket.once('data', () => end({ kind: 'answered', tookMs: tookMs() }))
    socket.once('end', () => end({ kind: 'answered', tookMs: tookMs() }))
    socket.once('error', (error) => end({ kind: 'refused', why: error.message }))
  })
}

/** A proxy accepts first and resets when nobody is behind it: wait so long for the reset. */
const SETTLE_MS = 60
