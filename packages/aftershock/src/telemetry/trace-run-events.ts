import type { RunEvent } from '../model/run.ts'
import type { OpenSpan, RunShape, RunTrace } from './run-trace.ts'

export type RunEventTracer = {
  /** Turns the stream of run events into the spans of the run's trace, as they happen. */
  see(event: RunEvent): void
  /** Links what was affected, a user's trace, to the faults in force. */
  link(traceId: string, spanId: string): void
}

export function traceRunEvents(trace: RunTrace, shape: RunShape = 'experiment'): RunEventTracer {
  const phases = new Map<string, OpenSpan>()
  const faults = new Map<string, OpenSpan>()
  const enter = (name: string, attributes: Record<string, string>): OpenSpan => {
    for (const span of phases.values()) span.end()
    phases.clear()
    const span = trace.start(name, { attributes })
    phases.set(name, span)
    return span
  }
  const close = (fault: string, end: Parameters<OpenSpan['end']>[0]): void => {
    faults.get(fault)?.end(end)
    faults.delete(fault)
  }
  return {
    link: (traceId, spanId) => {
      for (const span of faults.values()) span.link(traceId, spanId)
    },
    see: (event) => {
      if (event.type === 'phase')
        enter(shape === 'run' ? `phase: ${event.phase}` : nameOfPhase(event.phase), {
          'aftershock.phase': event.phase,
          ...hypothesisPhase(event.phase),
        })
      // The experiment has a span for the action itself; here it is the time in force.
      if (event.type === 'fault-applying') {
        const attributes = {
          'chaos.fault.kind': event.fault.split('/')[0] ?? '',
          'chaos.fault.label': event.label,
          'chaos.fault.target': event.targets.join(','),
          'chaostoolkit.activity.name': event.label,
        }
        const parent = phases.get(shape === 'run' ? 'phase: chaos' : 'method')
        faults.set(
          event.fault,
          trace.start(`${shape === 'run' ? 'fault' : 'activity'}: ${event.label}`, { attributes, parent }),
        )
      }
      if (event.type === 'fault-failed' || event.type === 'fault-stuck')
        close(event.fault, { error: { message: event.why } })
      if (event.type === 'fault-removed')
        close(event.fault, { attributes: { 'aftershock.fault.verified_by': event.verifiedBy } })
      if (event.type === 'guard' && event.tripped) {
        trace
          .start('activity: guard', { attributes: { 'aftershock.guard': event.text } })
          .end({ error: { message: `${event.text}: ${event.value}` } })
      }
    },
  }
}

/** Chaos Toolkit's words: what is steady before and after is its hypothesis, the chaos its method. */
function nameOfPhase(phase: string): string {
  return phase === 'chaos' ? 'method' : phase === 'recovery' ? 'rollbacks' : 'hypothesis'
}

function hypothesisPhase(phase: string): Record<string, string> {
  return phase === 'baseline' ? { 'chaostoolkit.hypothesis.phase': 'before' } : {}
}
