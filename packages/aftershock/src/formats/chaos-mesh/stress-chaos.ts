import type { FaultSpec } from '../../model/fault.ts'
import { parseMemorySize } from '../units.ts'
import { checkDuration } from './checks.ts'
import { type Fields, fieldsAt, filledAt, numberAt, textAt } from './fields.ts'
import type { ChaosKind } from './kind.ts'
import { type Report, ruleText } from './report.ts'
import { int, listOf, record, text } from './schema.ts'
import { doubtTarget } from './target-doubts.ts'
import { checkMode, containerFields } from './targeting.ts'

export const stressChaos: ChaosKind = {
  kind: 'StressChaos',
  embedKey: 'stressChaos',
  spec: record({
    ...containerFields,
    stressngStressors: text,
    stressors: record({
      cpu: record({ load: int({ min: 0, max: 100 }), options: listOf(text), 'workers*': int({ max: 8192 }) }),
      memory: record({
        oomScoreAdj: int({ min: -1000, max: 1000, byDefault: 0 }),
        options: listOf(text),
        size: text,
        'workers*': int({ max: 8192 }),
      }),
    }),
  }),
  webhook: checkStress,
  doubts: doubtStress,
  fault: stressFault,
}

function checkStress(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  checkMode(spec, report)
  const stressors = fieldsAt(spec, 'stressors')
  const fix = 'Write stressors: { cpu: { workers: 1, load: 80 } }'
  if (stressors === undefined && filledAt(spec, 'stressngStressors') === undefined) {
    report.error(
      [],
      'missing-stressors',
      'missing stressors: one of stressors and stressngStressors must be set',
      fix,
    )
  }
  if (stressors !== undefined && stressors.cpu === undefined && stressors.memory === undefined) {
    report.error(
      ['stressors'],
      'missing-stressors',
      'missing stressors: stressors must hold cpu or memory',
      fix,
    )
  }
  const size = filledAt(spec, 'stressors', 'memory', 'size')
  const parsed = size === undefined ? undefined : parseMemorySize(size)
  if (parsed?.ok === false) {
    const path = ['stressors', 'memory', 'size']
    const rule = `must be bytes or a percentage (incorrect bytes format: ${parsed.error})`
    report.error(
      path,
      'bytes',
      ruleText([...report.base, ...path], rule, size),
      'Write size: 256MB or size: 25%',
    )
  }
}

function doubtStress(spec: Fields, report: Report): void {
  doubtTarget(spec, report)
  for (const name of ['cpu', 'memory']) {
    const workers = numberAt(spec, 'stressors', name, 'workers')
    if (workers === undefined || workers > 0) continue
    const why = `${name}.workers must be at least 1 to do anything: current value is ${workers}`
    report.warning(['stressors', name, 'workers'], 'no-effect', why, 'Write workers: 1')
  }
  if (filledAt(spec, 'stressngStressors') !== undefined && fieldsAt(spec, 'stressors') !== undefined) {
    report.warning(['stressors'], 'no-effect', 'stressngStressors is used, stressors is ignored')
  }
}

/** stress-ng's own command line has no local form; `stressors` has. */
function stressFault(spec: Fields): FaultSpec {
  if (filledAt(spec, 'stressngStressors') !== undefined) {
    return { kind: 'StressChaos', clusterOnly: true, action: 'stressngStressors' }
  }
  const cpu = fieldsAt(spec, 'stressors', 'cpu')
  const memory = fieldsAt(spec, 'stressors', 'memory')
  const size = parseMemorySize(textAt(memory, 'size') ?? '')
  const workers = (stressor: Fields) => Math.max(0, numberAt(stressor, 'workers') ?? 0)
  return {
    kind: 'StressChaos',
    cpu: cpu && { workers: workers(cpu), loadPercent: numberAt(cpu, 'load') ?? 100 },
    memory: memory && { workers: workers(memory), size: size.ok ? size.value : undefined },
  }
}
