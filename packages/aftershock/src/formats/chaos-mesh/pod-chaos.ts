import type { PodFault } from '../../model/fault.ts'
import { checkDuration } from './checks.ts'
import { type Fields, listAt, numberAt, textAt } from './fields.ts'
import type { ChaosKind } from './kind.ts'
import type { Report } from './report.ts'
import { int, oneOf, record } from './schema.ts'
import { doubtTarget } from './target-doubts.ts'
import { checkMode, containerFields } from './targeting.ts'

const ACTIONS = ['pod-kill', 'pod-failure', 'container-kill'] as const

export const podChaos: ChaosKind = {
  kind: 'PodChaos',
  embedKey: 'podChaos',
  spec: record({ ...containerFields, 'action*': oneOf(...ACTIONS), gracePeriod: int({ min: 0 }) }),
  webhook: checkPod,
  doubts: doubtPod,
  fault: podFault,
}

function checkPod(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  checkMode(spec, report)
  if (textAt(spec, 'action') === 'container-kill' && listAt(spec, 'containerNames').length === 0) {
    const why = 'containerNames must be set: the name of container is required on container-kill action'
    report.error(['containerNames'], 'container-names', why, 'Write containerNames: [app]')
  }
}

function doubtPod(spec: Fields, report: Report): void {
  doubtTarget(spec, report)
  const action = textAt(spec, 'action')
  if (action !== 'pod-kill' && (numberAt(spec, 'gracePeriod') ?? 0) > 0) {
    report.warning(['gracePeriod'], 'no-effect', `gracePeriod is used by pod-kill only: action is ${action}`)
  }
}

function podFault(spec: Fields): PodFault {
  return {
    kind: 'PodChaos',
    action: ACTIONS.find((word) => word === textAt(spec, 'action')) ?? 'pod-kill',
    gracePeriodMs: (numberAt(spec, 'gracePeriod') ?? 0) * 1000,
  }
}
