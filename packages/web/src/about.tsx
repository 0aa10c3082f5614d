import { bytesText, countText, durationText } from '../../aftershock/src/model/numbers.ts'
import type { ReportView } from '../../aftershock/src/report/report-view.ts'
import { Fact } from './experiment.tsx'
import { KEYS } from './keys.ts'

/** Where this page comes from, what is in it, and the keys. */
export function AboutPage({ view }: { readonly view: ReportView }) {
  const { result, inside } = view
  return (
    <>
      <h1>About this report</h1>
      <dl class="facts-list">
        <Fact
          label="made by"
          value={`aftershock ${result.generator.version} on Node ${result.generator.node}`}
        />
        <Fact label="schema" value={result.schema} />
        <Fact label="command" value={result.run.command} />
        <Fact label="analysis took" value={durationText(result.data.analysisMs)} />
        <Fact
          label="size"
          value={
            inside.bytes === undefined
              ? ''
              : `${bytesText(inside.bytes)} of at most ${bytesText(inside.bytesMax)}`
          }
        />
        <Fact label="traces inside" value={`${inside.traceIds.length} of ${countText(inside.tracesTotal)}`} />
        <Fact
          label="all traces"
          value={inside.sideFile === undefined ? '' : `${inside.sideFile}, next to this file`}
        />
        <Fact
          label="taken out"
          value={
            inside.redacted.length === 0
              ? 'nothing looked secret'
              : `${inside.redacted.length} attribute names: ${inside.redacted.join(', ')}`
          }
        />
      </dl>
      <p>
        <button type="button" onClick={() => download(view)}>
          Download JSON
        </button>
      </p>
      <h2 id="keys">Keys</h2>
      <dl class="facts-list">
        {KEYS.map(([keys, what]) => (
          <Fact key={what} label={keys} value={what} />
        ))}
      </dl>
      <h2>Words</h2>
      <p>
        <b>observed</b>: spans or the proxy say so. <b>inferred</b>: a pattern says so, and the rule is named.{' '}
        <b>assumed</b>: neither. Percentages name what they are of: checkouts are requests of users, calls are
        attempts between services.
      </p>
    </>
  )
}

function download(view: ReportView): void {
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(view.result, undefined, 2)], { type: 'application/json' }),
  )
  const link = document.createElement('a')
  link.href = url
  link.download = `${view.result.run.id}.json`
  link.click()
  URL.revokeObjectURL(url)
}
