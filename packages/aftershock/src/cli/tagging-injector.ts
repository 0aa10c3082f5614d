import type { SpanCollector } from '../collector/span-collector.ts'
import type { TagWindow } from '../collector/tag.ts'
import type { AppliedFault, Injector } from '../faults/injector.ts'

type OpenWindow = { -readonly [K in keyof TagWindow]: TagWindow[K] }

/** Tells the collector of each injection as it begins and ends, so that spans are tagged by window and target. */
export function taggingInjector(
  injector: Injector,
  collector: SpanCollector,
  experiment: { readonly id: string; readonly name: string },
): Injector {
  const windows: OpenWindow[] = []
  return {
    plan: (fault) => injector.plan(fault),
    apply: async (plan, lease) => {
      const applied = await injector.apply(plan, lease)
      const { spec } = plan.fault
      const window: OpenWindow = {
        experiment: { ...experiment, kind: spec.kind, action: 'action' in spec ? spec.action : undefined },
        possible: { startNs: applied.started.possibleNs, endNs: undefined },
        certain: { startNs: applied.started.certainNs, endNs: undefined },
        targets: applied.plan.targets
          .filter((one) => one.role === 'target')
          .map(({ service, namespace, pod }) => ({ service, namespace, pods: [pod] })),
      }
      windows.push(window)
      collector.setWindows(windows)
      return withEnd(applied, (certainNs, possibleNs) => {
        window.certain = { ...window.certain, endNs: certainNs }
        window.possible = { ...window.possible, endNs: possibleNs }
        collector.setWindows(windows)
      })
    },
  }
}

function withEnd(
  applied: AppliedFault,
  ended: (certainNs: bigint, possibleNs: bigint) => void,
): AppliedFault {
  return {
    plan: applied.plan,
    started: applied.started,
    evidence: () => applied.evidence(),
    remove: async () => {
      const removal = await applied.remove()
      if (removal.removed) ended(removal.certainNs, removal.possibleNs)
      return removal
    },
  }
}
