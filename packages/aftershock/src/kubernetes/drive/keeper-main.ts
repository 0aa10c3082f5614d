import { systemClock } from '../../engine/clock.ts'
import { ApiError } from '../api-error.ts'
import { connectKube, type Ref } from '../client.ts'
import type { KubeSettings } from '../kubeconfig.ts'
import { LEASE_LABEL, LEASE_MS, leaseValue, ownershipOf, RENEW_MS } from '../our-objects.ts'
import { refText, writeHeld } from './held-objects.ts'
import { removeObject } from './remove-object.ts'

/**
 * The keeper: a process of its own that renews the leases of a run's objects, and removes them when its
 * runner dies or falls silent. Started by `keeper.ts`; argument 2: `KeeperOptions` as JSON.
 */
export type KeeperOptions = {
  readonly runFolder: string
  readonly runId: string
  readonly settings: KubeSettings
}

export type ToKeeper =
  | { readonly type: 'hold'; readonly ref: Ref }
  | { readonly type: 'release'; readonly ref: Ref }
  | { readonly type: 'beat' }
  | { readonly type: 'end' }

/** A runner that does not beat for so long is dead or hangs. */
const SILENCE_MS = 15_000
const REMOVE_MS = 180_000

function keep(options: KeeperOptions): void {
  const { runFolder, runId, settings } = options
  const clock = systemClock()
  const client = connectKube({ ...settings, clock, patienceMs: 120_000 })
  const held = new Map<string, Ref>()
  let leaving = false
  const say = (text: string): void => void process.stdout.write(`${new Date().toISOString()} ${text}\n`)
  const answer = (word: string): void => {
    if (process.connected) process.send?.(word, undefined, undefined, () => undefined)
  }

  const removeHeld = async (ref: Ref): Promise<void> => {
    // Its creation may be under way: a runner killed in between leaves a request that still arrives.
    for (let tries = 0; tries < 10; tries++) {
      const object = await client.get(ref)
      if (object !== undefined && ownershipOf(object)?.runId !== runId) break
      if (object !== undefined) {
        const removed = await removeObject(ref, object.metadata.uid, {
          client,
          clock,
          withinMs: REMOVE_MS,
          ifStuck: 'explain',
        })
        say(removed.gone ? `removed ${refText(ref)}` : removed.problem.why)
        if (removed.gone) break
      }
      await clock.sleep(200)
    }
    if ((await client.get(ref)) === undefined) writeHeld(runFolder, { type: 'release', ref })
  }

  const leave = async (why: string): Promise<void> => {
    if (leaving) return
    leaving = true
    say(
      `${why}: ${held.size === 0 ? 'nothing is held' : `removing ${[...held.values()].map(refText).join(', ')}`}`,
    )
    const done = await Promise.allSettled([...held.values()].map(removeHeld))
    for (const one of done) if (one.status === 'rejected') say(String(one.reason))
    process.exit(done.some((one) => one.status === 'rejected') ? 1 : 0)
  }

  const renew = async (): Promise<void> => {
    const until = leaseValue(clock.nowNs() + BigInt(LEASE_MS) * 1_000_000n)
    for (const ref of held.values()) {
      await client.patch(ref, { metadata: { labels: { [LEASE_LABEL]: until } } }).catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error
      })
    }
  }

  let silence = setTimeout(() => void leave('the runner fell silent'), SILENCE_MS)
  process.on('message', (message: ToKeeper) => {
    clearTimeout(silence)
    silence = setTimeout(() => void leave('the runner fell silent'), SILENCE_MS)
    if (message.type === 'end') process.exit(0)
    if (message.type === 'beat') return
    const { type, ref } = message
    const key = refText(ref)
    if (type === 'hold') held.set(key, ref)
    else held.delete(key)
    answer(`${type} ${ref.resource.kind} ${ref.namespace}/${ref.name}`)
  })
  process.once('disconnect', () => void leave('the runner is gone'))
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void leave(signal))
  setInterval(() => void renew(), RENEW_MS)
  say(`keeper ${process.pid} stands by for run ${runId}`)
  // The runner may have died before we could listen to its end.
  if (process.connected) answer('ready')
  else void leave('the runner is gone')
}

const [, main, argument] = process.argv
if (main?.includes('keeper-main') && argument !== undefined) keep(JSON.parse(argument) as KeeperOptions)
