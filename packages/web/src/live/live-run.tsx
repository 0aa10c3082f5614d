import { useEffect, useState } from 'preact/hooks'
import { getJson } from '../data-source.ts'
import { type LiveEvent, useRunEvents } from './use-run-events.ts'

/** A run while it goes on (ux.md S7): what happens, and a way to stop it. */
export function LiveRun({ id }: { readonly id: string }) {
  const { events, state, problem } = useRunEvents(id)
  const [stopping, setStopping] = useState<string | undefined>(undefined)
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
