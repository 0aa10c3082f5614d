import { countText, offsetText, percentText } from '../../../aftershock/src/model/numbers.ts'
import type { RunResult } from '../../../aftershock/src/model/result.ts'
import { notesWorstFirst } from '../../../aftershock/src/report/words.ts'
import { Unbroken } from '../unbroken.tsx'

/** Shown as 0.01; what is below is no suspicion. */
const SCORE_MIN = 0.005

/** Where the spans alone point, without knowing of the experiment. */
export function Suspects({ result }: { readonly result: RunResult }) {
  const suspects = result.suspects.filter((suspect) => suspect.score >= SCORE_MIN).slice(0, 5)
  if (suspects.length === 0) return null
  return (
    <section aria-labelledby="suspects" id="s-suspects">
      <h2 id="suspects">
        Suspects <small>from the traces alone, without looking at the experiment</small>
      </h2>
      <ol class="plain">
        {suspects.map((suspect) => (
          <li key={suspect.service}>
            <strong>{suspect.service}</strong> {suspect.score.toFixed(2)} · <Unbroken text={suspect.why} />
          </li>
        ))}
      </ol>
    </section>
  )
}

/** What could not be seen, and how to see it next time. */
export function Quality({ result }: { readonly result: RunResult }) {
  const { data } = result
  return (
    <section aria-labelledby="quality" id="s-quality">
      <h2 id="quality">Not seen, and the quality of the data</h2>
      <ul class="plain">
        {notesWorstFirst(result.quality).map((note) => (
          <li key={note.id + note.text} class={note.level}>
            {note.level === 'info' ? 'ℹ' : '⚠'} {note.text}
            {note.fix === undefined ? null : (
              <details>
                <summary>how to fix</summary>
                <pre>{note.fix}</pre>
              </details>
            )}
          </li>
        ))}
      </ul>
      <p class="faint">
        {countText(data.spans)} spans in {countText(data.traces)} traces of {data.services.length} services ·{' '}
        {countText(data.orphans)} spans without their parent · {countText(data.duplicates)} duplicates
        {data.sampled === null ? '' : ` · ${percentText(data.sampled)} of traces kept`}
        {Object.entries(data.dropped)
          .filter(([, count]) => count > 0)
          .map(([what, count]) => ` · ${countText(count)} ${what} dropped`)
          .join('')}
      </p>
    </section>
  )
}

/** What the runner did and saw, in order. */
export function Journal({ result }: { readonly result: RunResult }) {
  if (result.journal.length === 0) return null
  return (
    <section aria-labelledby="journal" id="s-journal">
      <details>
        <summary>
          <h2 id="journal">Journal</h2> {result.journal.length} lines
        </summary>
        <ol class="journal">
          {result.journal.slice(0, 500).map((line, i) => (
            <li key={String(i)} class={line.level}>
              <span class="at">{offsetText(line.at)}</span> <span class="kind">{line.kind}</span> {line.text}
            </li>
          ))}
        </ol>
      </details>
    </section>
  )
}
