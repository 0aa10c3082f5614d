import { useEffect, useState } from 'preact/hooks'
import { apiToken, getJson } from '../data-source.ts'

/** What the page needs of a run event; the rest of it is not shown. */
type LiveEvent = {
  readonly at?: string
  readonly kind?: string
  readonly type?: string
  readonly text?: string
  readonly phase?: string
  readonly name?: string
}

const LINES_MAX = 200
const KINDS = ['tick', 'phase', 'fault', 'probe', 'guard', 'step', 'log', 'end']

/** A run while it goes on (ux.md S7): what happens, and a way to stop it. */
export function LiveRun({ id }: { readonly id: string }) {
  const [events, setEvents] = useState<readonly LiveEvent[]>([])
  const [state, setState] = useState<'open' | 'lost' | 'ended'>('open')
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const [stopping, setStopping] = useState<string | undefined>(undefined)
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
        (error: unknown) => setProblem(error instanceof Error ? error.message : String(error)),
      )
    }
    return () => stream.close()
  }, [id])
  const stop = (): void => {
    setStopping('Stopping …')
    getJson(`api/runs/${encodeURIComponent(id)}/stop`, { method: 'POST' }).then(
      () => setStopping('Told to stop. The fault is being removed.'),
      (error: unknown) =>
        setStopping(`Cannot stop from here (${String(error)}). In a terminal: aftershock stop ${id}`),
    )
  }
  const nowMs = useClock(state !== 'ended')
  const name = events.find((event) => event.type === 'run-started')?.name
  return (
    <main>
      {state === 'ended' ? null : (
        <button type="button" class="stop" onClick={stop}>
          ■ Stop and undo
        </button>
      )}
      <p class="context">
        <a href="#/">← Runs</a>
      </p>
      <h1>
        {state === 'ended' ? `■ Run ${id} is over` : `● Running ${id}`}{' '}
        {name === undefined ? null : <small>{name}</small>}
      </h1>
      <p>{timesText(events, state === 'ended' ? undefined : nowMs)}</p>
      <p role="status">
        {phaseText(events)}
        {stopping === undefined ? '' : ` · ${stopping}`}
      </p>
      {state === 'lost' ? (
        <p class="alarm">
          Connection lost{problem === undefined ? '' : ` (${problem})`}; the run goes on. Trying again. To
          stop it: <code>aftershock stop {id}</code>
        </p>
      ) : null}
      {state === 'ended' ? (
        <p>
          It left no result. What it did is below; <code>aftershock stop {id}</code> undoes what may be left
          of it.
        </p>
      ) : null}
      <ol class="journal">
        {events
          .filter((event) => event.kind !== 'tick')
          .map((event, i) => (
            <li key={String(i)}>
              <span class="at">{event.at?.slice(11, 19) ?? ''}</span>{' '}
              <span class="kind">{event.kind ?? event.type}</span> {event.text ?? event.phase ?? ''}
            </li>
          ))}
      </ol>
    </main>
  )
}

/** Only the phase: what is read out must not change each second. */
function phaseText(events: readonly LiveEvent[]): string {
  const phase = events.findLast((event) => event.phase !== undefined)?.phase
  return phase === undefined ? 'Waiting for the first event …' : `Phase: ${phase}`
}

/** How long the run and its phase have gone on: `42 s, chaos for 12 s`. */
function timesText(events: readonly LiveEvent[], nowMs: number | undefined): string {
  const endMs = nowMs ?? Date.parse(events.at(-1)?.at ?? '')
  const since = (event: LiveEvent | undefined): string | undefined => {
    const ms = endMs - Date.parse(event?.at ?? '')
    return Number.isNaN(ms) ? undefined : `${Math.max(0, Math.round(ms / 1000))} s`
  }
  const phase = events.findLast((event) => event.phase !== undefined)
  const [all, inPhase] = [since(events[0]), since(phase)]
  if (all === undefined) return ''
  return inPhase === undefined ? all : `${all}, ${phase?.phase} for ${inPhase}`
}

/** Milliseconds since the epoch, each second anew while it is wanted. */
function useClock(isOn: boolean): number {
  const [nowMs, setNowMs] = useState(Date.now())
  useEffect(() => {
    if (!isOn) return undefined
    const timer = setInterval(() => setNowMs(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [isOn])
  return nowMs
}
