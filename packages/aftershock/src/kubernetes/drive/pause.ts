import type { Clock } from '../../engine/clock.ts'
import { ONE_SHOT_ACTIONS } from '../../formats/chaos-mesh/embeddable.ts'
import { ApiError } from '../api-error.ts'
import { recordsOf } from '../chaos-records.ts'
import type { KubeClient, Ref } from '../client.ts'
import type { ChaosObject } from '../objects.ts'
import { refText } from './held-objects.ts'

const PAUSE = 'experiment.chaos-mesh.org/pause'
const LOOK_MS = 200

/** What became of one object, in words; `done` false: Chaos Mesh did not follow in time. */
export type Paused = { readonly done: boolean; readonly text: string }

/**
 * Asks Chaos Mesh to take a fault away for a while, or to put it back on the same targets, and waits until it
 * has. Its duration goes on counting meanwhile.
 */
export async function setPause(
  client: KubeClient,
  clock: Clock,
  ref: Ref,
  wanted: 'paused' | 'running',
  withinMs: number,
): Promise<Paused> {
  const value = wanted === 'paused' ? 'true' : null
  try {
    const object = await client.patch<ChaosObject>(ref, { metadata: { annotations: { [PAUSE]: value } } })
    if (ONE_SHOT_ACTIONS.includes(String(object.spec?.action)))
      return { done: false, text: `${refText(ref)} happens once: there is nothing to pause` }
    // A Schedule hands it on to its children; a Workflow has no records.
    if (object.status?.experiment === undefined) return { done: true, text: `${refText(ref)} is ${wanted}` }
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      return { done: false, text: `${refText(ref)} is gone` }
    throw error
  }
  const phase = wanted === 'paused' ? 'Not Injected' : 'Injected'
  const endNs = clock.nowNs() + BigInt(Math.round(withinMs * 1e6))
  while (clock.nowNs() < endNs) {
    const records = recordsOf(await client.get<ChaosObject>(ref))
    if (records.every((one) => one.phase === phase))
      return {
        done: true,
        text: `${refText(ref)} is ${wanted}: ${records.length} records ${phase.toLowerCase()}`,
      }
    await clock.sleep(LOOK_MS)
  }
  return {
    done: false,
    text: `${refText(ref)} is not ${wanted} after ${withinMs / 1_000} s: is its time over?`,
  }
}
