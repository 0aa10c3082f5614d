import type { ChaosEvent } from '../windows/chaos-event.ts'
import type { ChaosObject } from '../windows/chaos-object.ts'
import type { Seen } from '../windows/history.ts'
import type { PodChaos } from '../windows/pod-chaos.ts'
import type { PodFacts } from '../windows/pod-facts.ts'

/** One thing the watcher saw: a line of its journal. Windows are computed from these and nothing else. */
export type Sighting =
  /** `object.records` holds only those that changed since the last sighting of the object. */
  | (Seen & { readonly what: 'object'; readonly object: ChaosObject })
  | (Seen & { readonly what: 'gone'; readonly uid: string })
  | (Seen & { readonly what: 'event'; readonly event: ChaosEvent })
  | (Seen & { readonly what: 'rule'; readonly podChaos: PodChaos })
  | (Seen & { readonly what: 'pod'; readonly pod: PodFacts; readonly gone: boolean })
  | { readonly what: 'gap'; readonly fromNs: bigint; readonly untilNs: bigint }

/** One line, without the line feed. Nanoseconds become `"#…"`, and texts that begin with `#` get another. */
export function encodeSighting(sighting: Sighting): string {
  return JSON.stringify(sighting, (_, value: unknown) => {
    if (typeof value === 'bigint') return `#${value}`
    return typeof value === 'string' && value.startsWith('#') ? `#${value}` : value
  })
}

/** @returns undefined for a line that was cut short, or is none of ours */
export function decodeSighting(line: string): Sighting | undefined {
  try {
    const value = JSON.parse(line, (_, inner: unknown) => {
      if (typeof inner !== 'string' || !inner.startsWith('#')) return inner
      return inner.startsWith('##') ? inner.slice(1) : BigInt(inner.slice(1))
    }) as Sighting
    return KINDS.includes(value?.what) ? value : undefined
  } catch {
    return undefined
  }
}

const KINDS: readonly string[] = ['object', 'gone', 'event', 'rule', 'pod', 'gap']
