import type { RunEvent } from '../model/run.ts'
import type { OpenSpan, RunTrace } from './run-trace.ts'

/** Turns the stream of run events into the spans of the run's trace, as they happen. */
export function traceRunEvents(trace: RunTrace): (event: RunEvent) => void {
  const phases = new Map<string, OpenSpan>()
  const faults = new Map<string, OpenSpan>()
  const enter = (name: string, attributes: Record<string, string>): OpenSpan => {
    for (const span of phases.values()) span.end()
    phases.clear()
    const span = trace.start(name, attributes)
    phases.set(name, span)
    return span
  }
  return (event) => {
    if (event.type === 'phase') enter(nameOfPhase(event.phase), { 'aftershock.phase': event.phase })
    if (event.type === 'fault-applying') {
      const attributes = {
        'chaos.fault.kind': event.fault.split('/')[0] ?? '',
        'chaos.fault.label': event.label,
        'chaos.fault.target': event.targets.join(','),
        'chaostoolkit.activity.name': event.label,
      }
      faults.set(event.fault, trace.start(`activity: ${event.label}`, attributes, phases.get('method')))
    }
    if (event.type === 'fault-failed' || event.type === 'fault-stuck')
      faults.get(event.fault)?.end({}, event.why)
    if (event.type === 'fault-removed') {
      faults.get(event.fault)?.end({ 'aftershock.fault.verified_by': event.verifiedBy })
    }
    if (event.type === 'guard' && event.tripped) {
      trace
        .start('activity: guard', { 'aftershock.guard': event.text })
        .end({}, `${event.text}: ${event.value}`)
    }
  }
}

/** Chaos Toolkit's words: what is steady before and after is its hypothesis, the chaos its method. */
function nameOfPhase(phase: string): string {
  return phase === 'chaos' ? 'method' : phase === 'recovery' ? 'rollbacks' : 'hypothesis'
}
