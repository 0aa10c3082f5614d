import type { IncomingMessage } from 'node:http'
import type { HttpFault } from '../../../model/fault.ts'
import type { ActiveFault } from '../active-fault.ts'
import { type HttpRequestHead, type HttpResponseHead, pairs } from './http-message.ts'
import type { HttpLayer } from './layer.ts'
import { matchesRequest, matchesResponse } from './match-rule.ts'
import { rewriteRequest, rewriteResponse } from './rewrite.ts'

/** The message as the rules leave it; undefined: aborted. */
export type Ruled<Head> = Head | undefined

/** Rules are chosen on the request as it came, then applied in order. */
export async function ruledRequest(
  layer: HttpLayer,
  req: IncomingMessage,
  seen: CallCount,
): Promise<Ruled<HttpRequestHead>> {
  const original: HttpRequestHead = {
    method: req.method ?? 'GET',
    target: req.url ?? '/',
    headers: pairs(req.rawHeaders),
    bodyEdits: [],
  }
  const matching = rulesOf(layer, 'Request').filter(({ rule }) => matchesRequest(rule, layer.ports, original))
  return applied(layer, matching, original, rewriteRequest, seen)
}

/** @param request - as the Request rules have left it */
export async function ruledResponse(
  layer: HttpLayer,
  request: HttpRequestHead,
  answer: IncomingMessage,
  seen: CallCount,
): Promise<Ruled<HttpResponseHead>> {
  const original: HttpResponseHead = {
    code: answer.statusCode ?? 502,
    reason: answer.statusMessage ?? '',
    headers: pairs(answer.rawHeaders),
    bodyEdits: [],
  }
  const matching = rulesOf(layer, 'Response').filter(({ rule }) =>
    matchesResponse(rule, layer.ports, request, original),
  )
  return applied(layer, matching, original, rewriteResponse, seen)
}

async function applied<Head>(
  layer: HttpLayer,
  matching: ReturnType<typeof rulesOf>,
  original: Head,
  rewrite: (rule: HttpFault, head: Head) => Head,
  seen: CallCount,
): Promise<Ruled<Head>> {
  let head = original
  for (const { fault, rule } of matching) {
    if (fault.isRemoved) continue
    seen.met(fault)
    if (rule.abort) return undefined
    if (rule.delayMs !== undefined) seen.late(fault, await sleep(layer, rule.delayMs, fault))
    head = rewrite(rule, head)
  }
  return head
}

/** Counts one exchange for the rules that could have met it: those in force when it began. */
export type CallCount = {
  met(fault: ActiveFault): void
  late(fault: ActiveFault, lateMs: number): void
  end(): void
}

export function countCall(layer: HttpLayer): CallCount {
  const lateMs = new Map<ActiveFault, number>()
  for (const fault of layer.faults()) fault.tally.eligible()
  return {
    met(fault) {
      if (lateMs.has(fault)) return
      lateMs.set(fault, 0)
      fault.tally.seen(undefined)
    },
    late: (fault, ms) => lateMs.set(fault, (lateMs.get(fault) ?? 0) + ms),
    end() {
      for (const [fault, ms] of lateMs) if (ms > 0) fault.tally.added(ms)
      lateMs.clear()
    },
  }
}

function rulesOf(layer: HttpLayer, target: 'Request' | 'Response') {
  return layer.faults().flatMap((fault) => {
    const { stage } = fault.fault
    return stage.kind === 'http' && stage.rule.target === target ? [{ fault, rule: stage.rule }] : []
  })
}

/** @returns milliseconds slept: fewer when the fault was removed, or the connection ended, meanwhile */
function sleep({ clock, over }: HttpLayer, delayMs: number, fault: ActiveFault): Promise<number> {
  const startedMs = clock.nowMs()
  const signals = [fault.gone.signal, over]
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel()
      for (const signal of signals) signal.removeEventListener('abort', wake)
      resolve(clock.nowMs() - startedMs)
    }
    const cancel = clock.after(delayMs, wake)
    if (signals.some((signal) => signal.aborted)) wake()
    else for (const signal of signals) signal.addEventListener('abort', wake)
  })
}
