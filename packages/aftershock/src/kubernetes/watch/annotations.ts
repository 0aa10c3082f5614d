import type { KubeClient } from '../client.ts'
import { PODS } from '../resources.ts'
import { EXPERIMENT_ANNOTATION } from '../windows/pod-facts.ts'
import type { ExperimentBook } from './experiment-book.ts'

export type AnnotationCounts = { readonly written: number; readonly removed: number; readonly failed: number }

/** A pod whose annotation is not what it should be; `value` undefined: it should have none. */
export type AnnotationChange = {
  readonly namespace: string
  readonly pod: string
  readonly value: string | undefined
}

/**
 * What the pods' annotations should be: `<namespace>/<name>` of every experiment that is, or may be, in force on
 * the pod, comma-separated. A peer of a network fault is not affected; a pod that was killed is gone.
 */
export function wantedAnnotations(book: ExperimentBook): ReadonlyMap<string, string> {
  const wanted = new Map<string, Set<string>>()
  for (const entry of book.entries()) {
    if (entry.goneNs !== undefined) continue
    for (const window of book.windowsOf(entry).windows) {
      const { namespace, pod } = window.place
      const isOver = window.end?.latest !== undefined || window.holes.some((hole) => hole.lost === 'surely')
      if (window.role === 'peer' || window.instant || isOver || pod === undefined) continue
      const key = `${namespace}/${pod}`
      wanted.set(key, (wanted.get(key) ?? new Set()).add(`${entry.namespace}/${entry.name}`))
    }
  }
  return new Map([...wanted].map(([key, names]) => [key, [...names].toSorted().join(',')]))
}

export function annotationChanges(book: ExperimentBook): readonly AnnotationChange[] {
  const wanted = wantedAnnotations(book)
  const changes: AnnotationChange[] = []
  for (const { pod } of book.pods()) {
    const value = wanted.get(`${pod.namespace}/${pod.name}`)
    if (value !== pod.experiment) changes.push({ namespace: pod.namespace, pod: pod.name, value })
  }
  return changes
}

const AT_ONCE = 8

/** Writes and removes annotations; a pod that is gone or refused by the server does not stop the others. */
export async function writeAnnotations(
  client: KubeClient,
  changes: readonly AnnotationChange[],
  signal: AbortSignal,
): Promise<AnnotationCounts> {
  const counts = { written: 0, removed: 0, failed: 0 }
  for (let i = 0; i < changes.length && !signal.aborted; i += AT_ONCE)
    await Promise.all(
      changes.slice(i, i + AT_ONCE).map(async ({ namespace, pod, value }) => {
        try {
          const annotations = { [EXPERIMENT_ANNOTATION]: value ?? null }
          await client.patch({ resource: PODS, namespace, name: pod }, { metadata: { annotations } })
          counts[value === undefined ? 'removed' : 'written'] += 1
        } catch {
          counts.failed += 1
        }
      }),
    )
  return counts
}
