import { setTimeout as sleep } from 'node:timers/promises'
import { ProblemError } from '../../model/problem.ts'
import { accepts } from '../process/ports.ts'
import type { SupervisedProcess } from '../process/supervised-process.ts'
import type { Proxy as FaultProxy } from '../proxy/proxy.ts'
import type { HeldAction, Proof } from './fault-action.ts'

/** A replica that we may end: its process, and the proxy in front of it where there is one. */
export type Replica = {
  readonly pod: string
  readonly process: SupervisedProcess | undefined
  readonly proxy: FaultProxy | undefined
}

/**
 * Ends a process once; its supervisor starts it again at once. Until it listens, the proxy leaves it out or refuses.
 * Removing means: it is back.
 */
export async function holdKill(
  replica: Replica,
  how: { readonly graceMs: number; readonly meanwhile: 'skip' | 'refuse' },
): Promise<HeldAction> {
  const { process: target, proxy, pod } = replica
  if (target === undefined) throw notOurs(pod)
  const before = target.pid
  const restartsBefore = target.restarts
  // As an endpoint leaves a Service: when the end begins, not when it is over.
  proxy?.setReplica(pod, how.meanwhile)
  const outcome = await target.kill(how.graceMs)
  const back = target.waitUntilListening(BACK_MS)
  // Up when it listens; when it never does, the upstream refuses by itself.
  const up = back.finally(() => proxy?.setReplica(pod, 'up')).then(() => reachable(replica))
  up.catch(() => undefined)
  const word = outcome.how === 'killed' ? 'by SIGKILL' : outcome.how === 'gone' ? 'already' : 'by SIGTERM'
  return {
    notes: [`${pod} (pid ${before ?? 'none'}) ended ${word} after ${Math.round(outcome.tookMs)} ms`],
    evidence: () => ({
      seen: outcome.how === 'ended' || outcome.how === 'killed' ? 1 : 0,
      eligible: 1,
      unit: 'restarts',
      addedMs: [],
      note: `${pod} was started again ${target.restarts - restartsBefore} times`,
    }),
    remove: async (then) => {
      if (then === 'ends') return told(`${pod} is left to the end of the run`)
      await up
      return told(`${pod} runs again (pid ${target.pid}) and listens`)
    },
  }
}

/** Keeps a replica down: process stopped where it is ours, address refused; started again at removal. */
export async function holdDown(replica: Replica): Promise<HeldAction> {
  const { process: target, proxy, pod } = replica
  if (target === undefined && proxy === undefined) throw notOurs(pod)
  proxy?.setReplica(pod, 'refuse')
  const outcome = await target?.stop(DOWN_GRACE_MS)
  const callsBefore = proxy?.stats().connections.failed ?? 0
  return {
    notes: [target === undefined ? `the proxy refuses for ${pod}; its process runs on` : `${pod} is stopped`],
    evidence: () => ({
      seen: outcome?.how === 'alive' ? 0 : 1,
      eligible: 1,
      unit: 'restarts',
      addedMs: [],
      note: proxy && `${proxy.stats().connections.failed - callsBefore} connections failed meanwhile`,
    }),
    remove: async (then) => {
      if (then === 'ends' && target !== undefined) return told(`${pod} stays stopped, as the run ends`)
      await target?.start()
      await target?.waitUntilListening(BACK_MS)
      proxy?.setReplica(pod, 'up')
      await reachable(replica)
      return told(
        target === undefined
          ? `the proxy passes to ${pod} again`
          : `${pod} runs again (pid ${target.pid}) and listens`,
      )
    },
  }
}

/** A proxy that refused for all of its replicas takes a moment to listen again. */
async function reachable({ proxy, pod }: Replica): Promise<void> {
  if (proxy === undefined) return
  const endMs = performance.now() + REACHABLE_MS
  while (!(await accepts(proxy.address))) {
    if (performance.now() > endMs) throw staysRefused(pod, proxy)
    await sleep(REACHABLE_POLL_MS)
  }
}

const REACHABLE_MS = 6_000
const REACHABLE_POLL_MS = 50

/** How long a service may take to listen again before its return counts as failed. */
const BACK_MS = 30_000
/** As the kubelet would, but short: a container whose image is replaced gets SIGTERM first. */
const DOWN_GRACE_MS = 500

function staysRefused(pod: string, { address }: FaultProxy): ProblemError {
  const why = `the proxy of ${pod} must accept again on ${address.host}:${address.port}: it refuses`
  return new ProblemError(
    [{ code: 'fault-stays', what: `Cannot bring ${pod} back`, why, fix: 'aftershock stop --all' }],
    6,
  )
}

function notOurs(pod: string): ProblemError {
  return new ProblemError([
    {
      code: 'process-not-ours',
      what: `Cannot end ${pod}`,
      why: 'only a process that Aftershock started can be ended and started again: this one runs by itself',
      fix: 'Give the service a `command` in aftershock.yaml',
    },
  ])
}

function told(text: string): Proof {
  return { kind: 'told', text }
}
