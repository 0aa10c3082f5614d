import type { TagWindow } from '../../collector/tag.ts'
import type { Injection } from '../../model/run.ts'

/** For the collector: spans are tagged by window and target. */
export function tagWindowsOf(
  injections: readonly Injection[],
  id: string,
  name: string,
): readonly TagWindow[] {
  return injections.map((one) => {
    const [kind = one.kind, action] = one.kind.split('/')
    return {
      experiment: { id, name, kind, action },
      possible: { startNs: one.startPossibleNs, endNs: one.endPossibleNs },
      certain: { startNs: one.startCertainNs, endNs: one.endCertainNs },
      targets: one.targets.map(({ service, namespace, pod }) => ({ service, namespace, pods: [pod] })),
    }
  })
}
