import { setTimeout as sleep } from 'node:timers/promises'
import { ProblemError } from '../../model/problem.ts'
import type { Address, ServiceConfig } from '../../model/system.ts'
import type { Proxy as FaultProxy, LinkFault } from '../proxy/proxy.ts'
import type { HeldAction, Proof } from './fault-action.ts'
import { passed, probe } from './probe.ts'

/** A proxy, how many stages are in it now, and the callers that any of them was for. */
export type HeldProxy = {
  readonly proxy: FaultProxy
  readonly service: ServiceConfig
  stages: number
  callers: readonly string[]
}

/**
 * Puts a stage into a proxy; removal is proven by a probe through it, compared with one around it.
 * While other faults are in the same proxy the probe would meet them: then the last one removed proves it.
 */
export async function holdLink(held: HeldProxy, fault: LinkFault): Promise<HeldAction> {
  const { proxy, service } = held
  held.callers = [...new Set([...held.callers, ...(fault.callers ?? [])])]
  const applied = proxy.add(fault)
  held.stages += 1
  await applied.ready.catch(async (error: unknown) => {
    held.stages -= 1
    await applied.remove().catch(() => undefined)
    throw error
  })
  let counted = true
  return {
    notes: [],
    evidence: () => ({ ...applied.effect(), note: undefined }),
    remove: async () => {
      await applied.remove()
      if (counted) held.stages -= 1
      counted = false
      if (held.stages > 0) return { kind: 'shared', service: service.name }
      return await proveGone(proxy.address, service)
    },
  }
}

const PROBES = 5
const PROBE_MS = 1_000
const PAUSE_MS = 100
/** Faults shorter than the noise of a busy machine cannot be told from it. */
const NOISE_MS = 150

async function proveGone(address: Address, service: ServiceConfig): Promise<Proof> {
  if (service.upstream === undefined)
    return { kind: 'told', text: `stage out of the proxy of ${service.name}` }
  let last = ''
  for (let i = 0; i < PROBES; i++) {
    if (i > 0) await sleep(PAUSE_MS)
    const direct = await probe(service.upstream, service.protocol, PROBE_MS)
    const through = await probe(address, service.protocol, PROBE_MS)
    if (!passed(direct)) {
      const text = `stage out of the proxy of ${service.name}, which does not answer by itself (${direct.why})`
      return { kind: 'told', text }
    }
    if (passed(through) && through.tookMs < direct.tookMs + NOISE_MS)
      return { kind: 'probed', service: service.name, verb: through.kind, tookMs: through.tookMs }
    last = passed(through) ? `it took ${Math.round(through.tookMs)} ms` : through.why
  }
  throw new ProblemError(
    [
      {
        code: 'fault-stays',
        what: `Cannot prove that the fault on ${service.name} is gone`,
        why: `a probe through ${address.host}:${address.port} must pass as one around it: ${last}`,
        fix: 'aftershock stop --all',
      },
    ],
    6,
  )
}
