import { useEffect, useState } from 'preact/hooks'
import { errorText } from '../../../aftershock/src/model/error-text.ts'
import { apiToken, getJson } from '../data-source.ts'

/** What the page needs of a run event; the rest of it is not shown. */
export type LiveEvent = {
  readonly at?: string
  readonly kind?: string
  readonly type?: string
  readonly text?: string
  readonly phase?: string
  readonly name?: string
}

export type RunEvents = {
  /** The newest, in the order they came. */
  readonly events: readonly LiveEvent[]
  readonly state: 'open' | 'lost' | 'ended'
  /** Why the stream was lost, as far as the server says. */
  readonly problem: string | undefined
}

const LINES_MAX = 200
const KINDS = ['tick', 'phase', 'fault', 'probe', 'guard', 'step', 'log', 'end']

/** Follows a run; when it ends with a result, its page is opened. */
export function useRunEvents(id: string): RunEvents {
  const [events, setEvents] = useState<readonly LiveEvent[]>([])
  const [state, setState] = useState<RunEvents['state']>('open')
  const [problem, setProblem] = useState<string | undefined>(undefined)
  useEffect(() => {
    const token = apiToken()
    const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`
    const stream = new EventSource(`api/runs/${encodeURIComponent(id)}/events${query}`)
    const add = (message: MessageEvent<string>): void => {
      const event = JSON.parse(message.data) as LiveEvent
      setEvents((before) => [...before, { ...event, kind: message.type }].slice(-LINES_MAX))
      if (message.type !== 'end') return
      stream.close()
      setState('ended')
      // Only a run that has a result has pages.
      getJson(`api/runs/${encodeURIComponent(id)}`).then(
        () => location.replace(`#/run/${encodeURIComponent(id)}/`),
        () => undefined,
      )
    }
    stream.onmessage = add
    for (const kind of KINDS) stream.addEventListener(kind, add)
    stream.onopen = () => setState('open')
    stream.onerror = () => {
      setState('lost')
      // A stream says nothing of why it was refused.
      getJson('api/runs').then(
        () => setProblem(undefined),
        (error: unknown) => setProblem(errorText(error)),
      )
    }
    return () => stream.close()
  }, [id])
  return { events, state, problem }
}
