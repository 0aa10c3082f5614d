import { goDurationMs } from '../go-duration.ts'
import { ONE_SHOT_ACTIONS } from './embeddable.ts'
import { type Fields, filledAt, textAt } from './fields.ts'
import type { Report } from './report.ts'

/** What fields that all kinds of chaos have may say without effect. */
export function doubtCommon(spec: Fields, report: Report): void {
  const action = textAt(spec, 'action') ?? ''
  const duration = filledAt(spec, 'duration')
  const durationMs = goDurationMs(duration ?? '')
  if (duration !== undefined && ONE_SHOT_ACTIONS.includes(action)) {
    const why = `${action} happens once: duration is ignored by Chaos Mesh`
    report.warning(['duration'], 'one-shot-duration', why, 'Remove duration')
  } else if (durationMs !== undefined && durationMs <= 0) {
    const why = `a duration that is over at once injects nothing: current value is ${duration}`
    report.warning(['duration'], 'no-effect', why, 'Write duration: 30s')
  }
  const remote = filledAt(spec, 'remoteCluster')
  if (remote === undefined) return
  const why = `the fault runs in the cluster named ${remote}, not in this one`
  report.warning(['remoteCluster'], 'remote-cluster', why)
}
