import type { Proof } from './fault-action.ts'

/** One short phrase for all that was verified, as it reads after "removed, verified by"; probes are summed up. */
export function proofText(proofs: readonly Proof[]): string {
  const probes = proofs.filter((proof) => proof.kind === 'probed')
  const probed = new Set(probes.map((proof) => proof.service))
  const lines = proofs.flatMap((proof) => {
    if (proof.kind === 'told') return [proof.text]
    if (proof.kind === 'probed' || probed.has(proof.service)) return []
    return [`stage out of the proxy of ${proof.service}, where other faults go on`]
  })
  return [...new Set([...probesText(probes), ...lines])].join('; ')
}

type Probed = Extract<Proof, { readonly kind: 'probed' }>

function probesText(probes: readonly Probed[]): readonly string[] {
  const [first] = probes
  if (first === undefined) return []
  const services = new Set(probes.map((probe) => probe.service))
  const slowestMs = Math.round(Math.max(...probes.map((probe) => probe.tookMs)))
  return services.size === 1
    ? [`a probe through the proxy of ${first.service}, ${slowestMs} ms`]
    : [`probes through ${services.size} proxies, slowest ${slowestMs} ms`]
}
