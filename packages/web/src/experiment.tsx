import {
  countText,
  differenceText,
  durationText,
  offsetText,
  timeText,
} from '../../aftershock/src/model/numbers.ts'
import type { FaultReport, Proof, RunResult } from '../../aftershock/src/model/result.ts'
import { proofText, removedText } from '../../aftershock/src/report/words.ts'

/** What was done to whom, and when: the experiment as it ran. */
export function ExperimentPage({ result }: { readonly result: RunResult }) {
  const { run } = result
  return (
    <>
      <h1>Experiment {run.name}</h1>
      <dl class="facts-list">
        <Fact label="run" value={run.id} />
        <Fact label="started" value={timeText(run.startedAt)} />
        <Fact label="where" value={run.target} />
        {run.target === 'traces' ? null : <Fact label="seed" value={String(run.seed)} />}
        {run.git === undefined ? null : (
          <Fact
            label="code"
            value={`${run.git.sha} on ${run.git.branch}${run.git.dirty ? ', with changes' : ''}`}
          />
        )}
        <Fact label="again" value={run.command} />
      </dl>
      <h2>Phases</h2>
      <ul class="plain">
        {result.phases.map((phase) => (
          <li key={phase.name}>
            <strong>{phase.name}</strong> {offsetText(phase.from)} to {offsetText(phase.to)},{' '}
            {countText(phase.requests)} requests
          </li>
        ))}
      </ul>
      {result.faults.map((fault) => (
        <FaultSection key={fault.id} fault={fault} proof={result.proof} />
      ))}
      {result.faults.length > 0 ? null : (
        <p>No fault of ours: the windows were given. {proofText(result.proof)}</p>
      )}
    </>
  )
}

function FaultSection({ fault, proof }: { readonly fault: FaultReport; readonly proof: Proof }) {
  const { effect } = fault
  const most = Math.max(...(effect.deltaMs?.hist ?? []).map(([, count]) => count), 1)
  return (
    <section>
      <h2>⚡ {fault.label}</h2>
      <dl class="facts-list">
        <Fact label="kind" value={fault.kind} />
        <Fact label="target" value={fault.target} />
        <Fact label="on" value={`${offsetText(fault.from)} to ${offsetText(fault.to)}`} />
        <Fact label="from" value={sourceText(fault.source)} />
        {Object.entries(fault.params).map(([name, value]) => (
          <Fact key={name} label={name} value={String(value)} />
        ))}
        <Fact label="seen" value={effectText(effect, proof)} />
        {effect.deltaMs === undefined ? null : (
          <Fact
            label="added"
            value={`median ${differenceText(effect.deltaMs.p50)}, p95 ${differenceText(effect.deltaMs.p95)}`}
          />
        )}
        <Fact label="undone" value={removedText(fault, proof)} />
      </dl>
      {effect.deltaMs === undefined || effect.deltaMs.hist.length === 0 ? null : (
        <svg
          class="hist"
          viewBox={`0 0 ${effect.deltaMs.hist.length * 60} 96`}
          role="img"
          aria-label={`Added latency: ${effect.deltaMs.hist.map(([ms, n]) => `${n} up to ${ms} ms`).join(', ')}`}
        >
          {effect.deltaMs.hist.map(([ms, count], i) => (
            <g key={ms} font-size="15">
              <rect
                class="bar"
                x={i * 60 + 4}
                y={70 - (count / most) * 60}
                width="52"
                height={(count / most) * 60}
                fill="#7a3ff2"
              />
              {i % 2 === 0 ? null : (
                <text x={i * 60 + 56} y="90" text-anchor="end">
                  {durationText(ms)}
                </text>
              )}
            </g>
          ))}
        </svg>
      )}
    </section>
  )
}

/** A window file has its fault in no line of its own, and a flag is no file. */
function sourceText({ file, line, format }: FaultReport['source']): string {
  if (file.startsWith('--')) return file
  return `${file}${format === 'window file' ? '' : `:${line}`} (${format})`
}

/** The count, and why it counts as proof where that says more; from the traces where nobody else counted. */
function effectText(effect: FaultReport['effect'], proof: Proof): string {
  if (effect.eligible === 0) return proof.eligible === 0 ? effect.why : `${proofText(proof)}; the traces tell`
  const count = `${countText(effect.seen)} of ${countText(effect.eligible)} ${effect.unit}`
  return effect.why.startsWith(count) ? effect.why : `${count}: ${effect.why}`
}

export function Fact({ label, value }: { readonly label: string; readonly value: string }) {
  return value === '' ? null : (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}
