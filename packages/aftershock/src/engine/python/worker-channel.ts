import type { Readable, Writable } from 'node:stream'
import type { NodeChange } from './document-graph.ts'
import type { Wire } from './wire.ts'

export type WireError = {
  readonly kind: 'failed' | 'exited' | 'crashed' | 'interrupted' | 'cancelled'
  readonly type: string
  readonly message: string
  readonly traceback: readonly string[]
}

/** What a request came to. `lost`: the worker ended before it answered. */
export type Reply =
  | { readonly kind: 'ok'; readonly value: Wire; readonly nodes: readonly NodeChange[] }
  | { readonly kind: 'error'; readonly error: WireError; readonly nodes: readonly NodeChange[] }
  | { readonly kind: 'lost'; readonly why: string }

/** What the worker says by itself. */
export type WorkerEvent =
  | {
      readonly event: 'exit_requested'
      readonly kind: 'interrupt' | 'terminate' | 'graceful' | 'ungraceful'
      readonly source: string
    }
  | {
      readonly event: 'log'
      readonly level: string
      readonly message: string
      readonly module: string
      readonly line: number
    }
  | { readonly event: 'handlers'; readonly names: readonly string[] }
  | ({ readonly event: 'span' } & ReportedSpan)

/** A span that an extension made with the legacy tracer, inside an activity. */
export type ReportedSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly startSeconds: number
  readonly endSeconds: number
  readonly attributes: Readonly<Record<string, string>>
}

type Line =
  | WorkerEvent
  | {
      readonly event?: undefined
      readonly id: number
      readonly ok?: Wire
      readonly error?: WireError
      readonly nodes?: readonly NodeChange[]
    }

/** Requests and replies over the worker's two pipes. */
export type WorkerChannel = {
  ask(op: string, body: object): { readonly id: number; readonly reply: Promise<Reply> }
  tell(op: string, body: object): void
  /** Every open request is answered `lost`, and so is every later one. */
  lose(why: string): void
}

/** The loop is held only while an answer is awaited: an idle worker must not keep the program alive. */
export function workerChannel(
  input: Writable,
  output: Readable & { ref?(): void; unref?(): void },
  onEvent: (event: WorkerEvent) => void,
): WorkerChannel {
  const open = new Map<number, (reply: Reply) => void>()
  let last = 0
  let lost: string | undefined
  const send = (message: object): void => {
    if (lost === undefined) input.write(`${JSON.stringify(message)}\n`)
  }
  const settle = (id: number, reply: Reply): void => {
    open.get(id)?.(reply)
    open.delete(id)
    if (open.size === 0) output.unref?.()
  }
  // Its end is noticed by the process's exit; a write into a closed pipe says nothing more.
  input.on('error', () => undefined)
  output.unref?.()
  readLines(output, (text) => {
    const line = JSON.parse(text) as Line
    if (line.event !== undefined) onEvent(line)
    else settle(line.id, replyOf(line))
  })
  return {
    ask: (op, body) => {
      last += 1
      const id = last
      if (lost !== undefined) return { id, reply: Promise.resolve({ kind: 'lost', why: lost }) }
      const reply = new Promise<Reply>((resolve) => open.set(id, resolve))
      output.ref?.()
      send({ id, op, ...body })
      return { id, reply }
    },
    tell: (op, body) => send({ op, ...body }),
    lose: (why) => {
      lost ??= why
      for (const id of [...open.keys()]) settle(id, { kind: 'lost', why })
    },
  }
}

function replyOf(line: Extract<Line, { readonly id: number }>): Reply {
  const nodes = line.nodes ?? []
  return line.error === undefined
    ? { kind: 'ok', value: line.ok ?? null, nodes }
    : { kind: 'error', error: line.error, nodes }
}

function readLines(output: Readable, onLine: (text: string) => void): void {
  let parts: Buffer[] = []
  output.on('data', (chunk: Buffer) => {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end))
      onLine(parts.length === 1 ? String(parts[0]) : Buffer.concat(parts).toString('utf8'))
      parts = []
      start = end + 1
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
  })
}
