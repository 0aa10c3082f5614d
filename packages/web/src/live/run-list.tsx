import { useState } from 'preact/hooks'
import { durationText, timeText } from '../../../aftershock/src/model/numbers.ts'
import type { RunSummary } from '../../../aftershock/src/model/result.ts'
import { VERDICT_GLYPHS, VERDICT_WORDS } from '../../../aftershock/src/report/words.ts'
import { readRuns } from '../data-source.ts'
import { LiveHeader } from './live-header.tsx'
import { usePolled } from './use-polled.ts'

/** A run in the list; one without a result has a state instead of a verdict, and its headline says why. */
type ListedRun = Omit<RunSummary, 'verdict'> &
  (
    | { readonly verdict: RunSummary['verdict']; readonly state?: undefined }
    | { readonly verdict?: undefined; readonly state: keyof typeof STATES }
  )

const STATES = { running: '● Running', unfinished: '■ Unfinished', unreadable: '! Unreadable' } as const

/** All runs of this folder, the newest first (ux.md S1). */
export function RunList() {
  const { value: runs, problem } = usePolled<readonly ListedRun[]>(readRuns)
  const [text, setText] = useState('')
  const shown = (runs ?? []).filter((run) =>
    `${run.name} ${run.headline} ${run.id} ${run.verdict ?? run.state}`
      .toLowerCase()
      .includes(text.toLowerCase()),
  )
  return (
    <>
      <LiveHeader at="runs" />
      <main>
        <h1>Runs</h1>
        {problem === undefined ? null : <p class="alarm">Cannot read the runs. {problem}</p>}
        <label class="pick">
          search{' '}
          <input
            id="search"
            type="search"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {runs === undefined && problem === undefined ? <p aria-busy="true">Reading …</p> : null}
        {runs?.length === 0 ? (
          <p>
            No runs yet. <code>aftershock demo</code> makes one in 90 seconds, without Docker.
          </p>
        ) : null}
        <ul class="runs">
          {shown.map((run) => (
            <li key={run.id}>
              <a
                class="run-link"
                href={`#/${run.verdict === undefined ? 'live' : 'run'}/${encodeURIComponent(run.id)}/`}
              >
                <b class={`verdict-word ${run.verdict ?? run.state}`}>
                  {run.verdict === undefined
                    ? STATES[run.state]
                    : `${VERDICT_GLYPHS[run.verdict]} ${VERDICT_WORDS[run.verdict]}`}
                </b>{' '}
                <strong>{run.name}</strong> {run.headline}
              </a>
              <p class="faint">
                {run.id}
                {run.startedAt === '' ? '' : ` · ${timeText(run.startedAt)}`}
                {run.verdict === undefined ? '' : ` · ${durationText(run.durationMs)}`} · {run.target}
              </p>
            </li>
          ))}
        </ul>
      </main>
    </>
  )
}
