import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { SERVER } from '../../packages/aftershock/src/model/span-kind.ts'
import {
  durationOf,
  isCall,
  isGrpc,
  isRejection,
  isTimeout,
  kinOf,
  least,
  type Said,
  textIn,
  wordsOf,
} from './said.ts'

/** What is said at the two ends of a call instead of what was. */
type Ends = {
  readonly caller: (call: Said, answer: SpanInput | undefined) => readonly Said[]
  readonly callee: (answer: Said, call: SpanInput) => readonly Said[]
}

/** Every call of one service to another, of which its proxy heard, and every answer to one. */
export function besideCalls({ caller, callee }: Ends): (spans: readonly Said[]) => readonly Said[] {
  return (spans) => {
    const { parent, children } = kinOf(spans)
    return spans.flatMap((said, i) => {
      const { span } = said
      if (isCall(span)) {
        const isHeardOf = !isRejection(span) && !/ENOTFOUND/.test(wordsOf(span))
        return isHeardOf ? caller(said, spans[children[i][0]]?.span) : [said]
      }
      const up = parent[i] === -1 ? undefined : spans[parent[i]].span
      return span.kind === SERVER && up !== undefined && isCall(up) ? callee(said, up) : [said]
    })
  }
}

/** Nobody answered, and the caller did not give up: the network lost it. */
export function isLost(call: SpanInput, answer: SpanInput | undefined): boolean {
  return answer === undefined && !isTimeout(call)
}

type Times = Pick<SpanInput, 'startNs' | 'endNs'>

const STEP_NS = 50_000n

/** When the proxy beside the caller is at work: within the call. */
export function timesOut(call: SpanInput): Times {
  const step = least(STEP_NS, durationOf(call) / 20n)
  return { startNs: call.startNs + step, endNs: call.endNs - step }
}

/** When the one beside the callee is: around the answer, and no longer than the caller waits. */
export function timesIn(answer: SpanInput, call: SpanInput): Times {
  const room = durationOf(call) > durationOf(answer) ? (durationOf(call) - durationOf(answer)) / 8n : 0n
  const step = least(STEP_NS, room)
  const startNs = answer.startNs - step
  const endNs = answer.endNs + step
  return { startNs, endNs: isTimeout(call) ? least(endNs, startNs + durationOf(call)) : endNs }
}

/** The caller's own span of a call that its proxy could not deliver: an answer, and no error of the network. */
export function toldByProxy(span: SpanInput, status: number): SpanInput {
  const { events: _, statusMessage: __, ...rest } = span
  const { 'error.type': ___, ...attributes } = span.attributes ?? {}
  if (isGrpc(span)) return { ...rest, attributes }
  const name = textIn(span, 'http.request.method') === '' ? 'http.status_code' : 'http.response.status_code'
  return { ...rest, attributes: { ...attributes, [name]: status } }
}
