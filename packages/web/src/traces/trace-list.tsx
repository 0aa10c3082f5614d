import { countText, durationText, offsetText } from '../../../aftershock/src/model/numbers.ts'
import type { RunResult, TraceMeta } from '../../../aftershock/src/model/result.ts'
import type { ReportView } from '../../../aftershock/src/report/report-view.ts'
import { outcomeGlyph, shortTraceId } from '../../../aftershock/src/report/words.ts'
import { hrefOf, NO_FILTER, type TraceFilter } from '../route.ts'

const OUTCOMES: readonly (readonly [string, string])[] = [
  ['', 'any outcome'],
  ['failed', 'failed'],
  ['retried', 'retried'],
  ['ok', 'well'],
]

/** Traces that can be opened, and how many more there are (ux.md S3). */
export function TraceList({ view, filter }: { readonly view: ReportView; readonly filter: TraceFilter }) {
  const { result } = view
  const shown = result.evidence.filter((trace) => fits(trace, filter)).toSorted((a, b) => a.at - b.at)
  const set = (change: Partial<TraceFilter>): void => {
    const hash = hrefOf({ page: 'traces', filter: { ...filter, ...change } })
    history.replaceState(undefined, '', hash)
    dispatchEvent(new HashChangeEvent('hashchange'))
  }
  const labels = new Map(result.journeys.map((journey) => [journey.id, journey.label]))
  return (
    <>
      <h1>
        Traces{' '}
        <small>
          {countText(shown.length)} of {countText(result.evidence.length)} kept as evidence, of{' '}
          {countText(view.inside.tracesTotal)} in the run
        </small>
      </h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Pick
          label="phase"
          value={filter.phase}
          options={[['', 'any phase'], ...result.phases.map((p) => [p.name, p.name] as const)]}
          onPick={(phase) => set({ phase })}
        />
        <Pick
          label="outcome"
          value={filter.outcome}
          options={OUTCOMES}
          onPick={(outcome) => set({ outcome })}
        />
        <Pick
          label="step"
          value={filter.step}
          options={[['', 'any step'], ...result.chain.map((s) => [s.id, `${s.n} ${s.text}`] as const)]}
          onPick={(step) => set({ step })}
        />
        <label>
          search{' '}
          <input
            id="search"
            type="search"
            value={filter.text}
            onInput={(event) => set({ text: event.currentTarget.value })}
          />
        </label>
      </form>
      {shown.length === 0 ? (
        <p>
          No trace matches.{' '}
          <a href={hrefOf({ page: 'traces', filter: NO_FILTER })}>
            {countText(result.evidence.length)} match without a filter
          </a>
        </p>
      ) : (
        <TraceTable traces={shown} labels={labels} />
      )}
      <Groups result={result} />
      {view.inside.sideFile === undefined ? null : (
        <p class="faint">All traces are in {view.inside.sideFile}, next to this file.</p>
      )}
    </>
  )
}

type TableProps = {
  readonly traces: readonly TraceMeta[]
  /** Names of journeys by their id. */
  readonly labels: ReadonlyMap<string, string>
}

function TraceTable({ traces, labels }: TableProps) {
  return (
    <div class="scroll">
      <table class="numbers">
        <thead>
          <tr>
            {[
              'trace',
              'at',
              'phase',
              'outcome',
              'took',
              'spans',
              'services',
              'retries',
              'fault',
              'journey',
            ].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {traces.slice(0, 500).map((trace) => (
            <tr key={trace.traceId}>
              <th scope="row">
                {trace.embedded === 'full' ? (
                  <a href={hrefOf({ page: 'trace', traceId: trace.traceId })}>
                    {shortTraceId(trace.traceId)}
                  </a>
                ) : (
                  <span class="faint">{shortTraceId(trace.traceId)} (not inside)</span>
                )}
              </th>
              <td>{offsetText(trace.at)}</td>
              <td>{trace.phase}</td>
              <td class={trace.outcome === 'slow' ? 'warn' : trace.ok ? 'ok' : 'bad'}>
                {outcomeGlyph(trace)} {trace.outcome}
              </td>
              <td>{durationText(trace.durMs)}</td>
              <td>{countText(trace.spans)}</td>
              <td>{countText(trace.services)}</td>
              <td>{trace.retries === 0 ? '–' : `↻ ${trace.retries}`}</td>
              <td>{trace.fault.length === 0 ? '–' : `⚡ ${trace.fault.join(', ')}`}</td>
              <td>{labels.get(trace.journey) ?? trace.journey}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Every affected request, grouped by the way the failure took. */
function Groups({ result }: { readonly result: RunResult }) {
  if (result.chains.length === 0) return null
  return (
    <section>
      <h2>Groups</h2>
      <ul class="plain">
        {result.chains.slice(0, 20).map((chain) => (
          <li key={chain.steps.map((step) => step.id).join()}>
            <strong>{countText(chain.count)}</strong> {chain.outcome}:{' '}
            {chain.steps.map((step) => step.text).join(' → ')}
          </li>
        ))}
      </ul>
    </section>
  )
}

type PickProps = {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [string, string])[]
  readonly onPick: (value: string) => void
}

function Pick({ label, value, options, onPick }: PickProps) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {options.map(([id, text]) => (
          <option key={id} value={id} selected={id === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

function fits(trace: TraceMeta, filter: TraceFilter): boolean {
  const text = `${trace.traceId} ${trace.journey} ${trace.outcome} ${trace.fault.join(' ')}`.toLowerCase()
  return (
    (filter.phase === '' || trace.phase === filter.phase) &&
    (filter.step === '' || trace.stepIds.includes(filter.step)) &&
    (filter.outcome === '' ||
      (filter.outcome === 'failed' ? !trace.ok : filter.outcome === 'ok' ? trace.ok : trace.retries > 0)) &&
    text.includes(filter.text.toLowerCase())
  )
}
