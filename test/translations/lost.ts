import { luckOf } from '../../packages/aftershock/src/analysis/test-support/luck.ts'
import { CLIENT, CONSUMER, PRODUCER, SERVER } from '../../packages/aftershock/src/model/span-kind.ts'
import { durationOf, isCall, kinOf, type Said, textIn } from './said.ts'

/** Services that send no client spans: whom they called hangs below their own spans. */
export function mute(isMute: (service: string) => boolean): (spans: readonly Said[]) => readonly Said[] {
  return (spans) => without(spans, ({ service, span }) => span.kind === CLIENT && isMute(service))
}

/** One of the services that call others. */
export function oneMute(spans: readonly Said[]): readonly Said[] {
  const calling = new Map<string, number>()
  for (const { service, span } of spans)
    if (isCall(span)) calling.set(service, (calling.get(service) ?? 0) + 1)
  const [most] = [...calling].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return mute((service) => service === most?.[0])(spans)
}

/** Services that call nobody else's spans are told by their callers alone. */
export function leavesSilent(spans: readonly Said[]): readonly Said[] {
  const calling = new Set(
    spans.filter(({ span }) => isCall(span) || span.kind === PRODUCER).map(({ service }) => service),
  )
  const called = new Set(
    spans
      .filter(({ span }) => isCall(span))
      .map(({ span }) => textIn(span, 'server.address', 'net.peer.name')),
  )
  return spans.filter(({ service }) => calling.has(service) || !called.has(service))
}

/** Spans whose parent is gone hang below its parent. */
function without(spans: readonly Said[], isGone: (said: Said) => boolean): readonly Said[] {
  const { parent } = kinOf(spans)
  const kept = (i: number): string | undefined => {
    const up = parent[i]
    if (up === -1) return spans[i].span.parentSpanId
    return isGone(spans[up]) ? kept(up) : spans[up].span.spanId
  }
  return spans.flatMap((said, i) =>
    isGone(said) ? [] : [{ ...said, span: { ...said.span, parentSpanId: kept(i) } }],
  )
}

/** A trace is kept with its root's: whoever receives a message is with its sender. */
export function sampledAtHead(share: number): (spans: readonly Said[]) => readonly Said[] {
  return (spans) => spans.filter(({ span }) => luckOf(7, span.links?.[0]?.traceId ?? span.traceId) < share)
}

/** Kept at the end: traces with an error, those that took more than `slowMs`, and a share of the others. */
export function sampledAtTail(share: number, slowMs: number): (spans: readonly Said[]) => readonly Said[] {
  return (spans) => {
    const isKept = new Set<string>()
    for (const { span } of spans)
      if (span.status === 2 || durationOf(span) > BigInt(slowMs) * 1_000_000n) isKept.add(span.traceId)
    return spans.filter(({ span }) => isKept.has(span.traceId) || luckOf(7, span.traceId) < share)
  }
}

/** Every third callee is asked by messages that are answered by messages: its callers wait for the reply. */
export function messages(spans: readonly Said[]): readonly Said[] {
  const { parent } = kinOf(spans)
  const isAsked = (callee: string): boolean => callee !== '' && luckOf(3, callee) < 1 / 3
  return spans.map((said, i) => {
    const { span } = said
    const up = parent[i] === -1 ? undefined : spans[parent[i]].span
    const callee = isCall(span)
      ? textIn(span, 'server.address', 'net.peer.name')
      : span.kind === SERVER && up !== undefined && isCall(up)
        ? said.service
        : ''
    if (!isAsked(callee)) return said
    const isSent = span.kind === CLIENT
    const { 'error.type': type } = span.attributes ?? {}
    const attributes = {
      ...{ 'messaging.system': 'rabbitmq', 'messaging.destination.name': `${callee}.requests` },
      'messaging.operation.type': isSent ? 'send' : 'process',
      ...(type === undefined ? {} : { 'error.type': type }),
    }
    const name = `${isSent ? 'send' : 'process'} ${callee}.requests`
    return { ...said, span: { ...span, name, kind: isSent ? PRODUCER : CONSUMER, attributes } }
  })
}
