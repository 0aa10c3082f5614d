import { directCallers } from '../faults/process/direct-callers.ts'
import type { VerdictReason } from '../model/result.ts'
import type { RunOutcome } from '../model/run.ts'
import type { ServiceConfig } from '../model/system.ts'

/** When no call met a fault: who connects to its targets past the proxy, as the system shows it now. */
export function bypassReasons(
  outcome: RunOutcome,
  services: readonly ServiceConfig[],
): readonly VerdictReason[] {
  const unmet = outcome.injections.filter((one) => one.effect.seen === 0).flatMap((one) => one.targets)
  return services
    .filter(
      (service) => service.command === undefined && unmet.some((target) => target.service === service.name),
    )
    .flatMap(({ name, upstream, listen }) => {
      if (upstream === undefined || listen === undefined) return []
      return (directCallers(upstream.port) ?? []).map((caller) => ({
        ok: false,
        text: `past the proxy of ${name}: ${caller.command} (pid ${caller.pid}) talks to ${upstream.host}:${upstream.port}; start it with ${listen.host}:${listen.port}`,
      }))
    })
}
