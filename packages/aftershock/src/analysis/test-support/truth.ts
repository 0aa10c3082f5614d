import type { SpanTable } from '../../model/span-table.ts'
import { SpanTableBuilder } from '../../model/span-table-builder.ts'
import type { Windows } from '../../model/window.ts'
import { EPOCH_MS } from './scene.ts'
import { type Request, type Simulated, simulate } from './simulate.ts'
import { type Telling, tellable, toldOtherwise } from './told-otherwise.ts'
import { type Numbers, trueNumbers } from './true-numbers.ts'
import { timesOf, type World } from './world.ts'

/** What the fault did, from running the same luck without it. */
export type Truth = {
  readonly failed: ReadonlySet<string>
  readonly slow: ReadonlySet<string>
  /** Failed or slow in both worlds. */
  readonly background: ReadonlySet<string>
  /** `kind caller>callee` → occurrences that the other world does not have. */
  readonly mechanisms: ReadonlyMap<string, number>
  /** The same of callers that tell of no calls: what their callees' spans show of it may be told or not. */
  readonly maybe: ReadonlySet<string>
  /** What else is told of them, see `true-numbers.ts`. */
  readonly numbers: Numbers
  /** Users' requests; the other traces are of who receives messages. */
  readonly requests: ReadonlySet<string>
}

export type Case = { readonly table: SpanTable; readonly windows: Windows; readonly truth: Truth }

export function caseOf(world: World, seed: number): Case {
  const hurt = simulate(world, seed, 'yes')
  const spared = simulate(world, seed, 'no')
  return { table: tableOf(hurt), windows: windowsOf(world), truth: truthOf(world, hurt, spared) }
}

/** The same told otherwise. True is what the traces that were kept can show. */
export function caseTold(world: World, seed: number, telling: Telling): Case {
  const hurt = simulate(world, seed, 'yes')
  const spared = simulate(world, seed, 'no')
  const spans = toldOtherwise(hurt.spans, telling)
  const told = tellable(hurt, telling)
  return {
    table: tableOf({ ...hurt, spans }),
    windows: windowsOf(world),
    truth: {
      ...readable(truthOf(world, told, tellable(spared, telling)), telling),
      maybe: new Set([...hurt.happened.keys()].filter((key) => !told.happened.has(key))),
    },
  }
}

/** The name of a gRPC method does not say whether it writes. */
function readable(truth: Truth, { grpcShare }: Telling): Truth {
  if (grpcShare === 0) return truth
  const said = [...truth.numbers].filter(([key]) => !/^duplicate-work (sideEffects|repeated) /.test(key))
  return { ...truth, numbers: new Map(said) }
}

function truthOf(world: World, hurt: Simulated, spared: Simulated): Truth {
  const { baselineS } = timesOf(world)
  const twin = new Map(spared.requests.map((r) => [r.traceId, r]))
  // What ran on into the chaos window is of that window.
  const high = highsOf(hurt.requests.filter((r) => r.startMs + r.durationMs < baselineS * 1000))
  const [failed, slow, background] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const request of hurt.requests) {
    const other = twin.get(request.traceId)
    if (other === undefined || request.startMs + request.durationMs < baselineS * 1000) continue
    const isSlow =
      !request.failed && request.durationMs > (high.get(request.entry) ?? Number.POSITIVE_INFINITY)
    if (request.failed) (other.failed ? background : failed).add(request.traceId)
    else if (isSlow && request.durationMs > 2 * other.durationMs) slow.add(request.traceId)
  }
  const mechanisms = new Map<string, number>()
  for (const [kind, places] of hurt.happened) {
    const others = spared.happened.get(kind)
    const more = [...places].filter((place) => others?.has(place) !== true).length
    if (more > 0) mechanisms.set(kind, more)
  }
  const requests = new Set(hurt.requests.map((r) => r.traceId))
  const numbers = trueNumbers(world, hurt, spared)
  return { failed, slow, background, mechanisms, maybe: new Set(), numbers, requests }
}

/** Entry → 99th percentile of good requests, ms: the smallest that fewer than 1 % exceeded. */
function highsOf(requests: readonly Request[]): ReadonlyMap<string, number> {
  const byEntry = Map.groupBy(
    requests.filter((r) => !r.failed),
    (r) => r.entry,
  )
  return new Map(
    [...byEntry].map(([entry, list]) => {
      const sorted = list.map((r) => r.durationMs).sort((a, b) => a - b)
      return [entry, sorted[Math.floor(0.99 * sorted.length)]]
    }),
  )
}

export function tableOf({ spans }: Simulated): SpanTable {
  const builder = new SpanTableBuilder({ epochNs: BigInt(EPOCH_MS) * 1_000_000n, attributes: 'drop' })
  for (const { service, pod, span } of spans) {
    builder.addSpan(builder.addResource({ 'service.name': service, 'k8s.pod.name': pod }), span)
  }
  return builder.finish()
}

const KINDS = { delay: 'delay', loss: 'loss', kill: 'pod-kill', error: 'abort', slow: 'stress' } as const

export function windowsOf(world: World): Windows {
  const { baselineS, chaosS, recoveryS } = timesOf(world)
  const interval = (fromS: number, toS: number) => ({
    startNs: BigInt(EPOCH_MS + fromS * 1000) * 1_000_000n,
    endNs: BigInt(EPOCH_MS + toS * 1000) * 1_000_000n,
  })
  const { fault } = world
  return {
    experiments:
      fault === undefined
        ? []
        : [
            {
              name: 'simulated',
              kind:
                fault.kind === 'kill' ? 'PodChaos' : fault.kind === 'slow' ? 'StressChaos' : 'NetworkChaos',
              action: KINDS[fault.kind],
              mode: fault.pods === undefined ? 'all' : 'fixed',
              targets: [{ service: fault.service, namespace: undefined, pods: [] }],
              parameters: fault.kind === 'delay' ? { latencyMs: fault.ms } : {},
            },
          ],
    baseline: [interval(0, baselineS)],
    chaos: [interval(baselineS, baselineS + chaosS)],
    recovery: [interval(baselineS + chaosS, baselineS + chaosS + recoveryS)],
  }
}
