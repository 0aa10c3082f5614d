import type { Proof } from './fault-action.ts'

/** One line for all that was verified; many probes are summed up. */
export function proofText(proofs: readonly Proof[]): string {
  const probes = proofs.filter((proof) => proof.kind === 'probed')
  const probed = new Set(probes.map((proof) => proof.service))
  const lines = proofs.flatMap((proof) => {
    if (proof.kind === 'told') return [proof.text]
    if (proof.kind === 'shared')
      return probed.has(proof.service)
        ? []
        : [`stage out of the proxy of ${proof.service}, where other faults go on`]
    const tookMs = Math.round(proof.tookMs)
    return probes.length > MANY
      ? []
      : [`a probe through the proxy of ${proof.service} ${proof.verb} in ${tookMs} ms`]
  })
  if (probes.length > MANY) {
    const slowestMs = Math.round(Math.max(...probes.map((proof) => proof.tookMs)))
    lines.push(`probes through ${probed.size} proxies passed, the slowest in ${slowestMs} ms`)
  }
  return [...new Set(lines)].join('; ')
}

const MANY = 2
