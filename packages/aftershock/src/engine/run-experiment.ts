import type { AppliedFault, FaultPlan, Injector } from '../faults/injector.ts'
import type { Injection, PhaseTimes, RunOutcome, TimedRunEvent } from '../model/run.ts'
import type { PhaseName } from '../model/window.ts'
import type { Clock } from './clock.ts'
import { driveFault } from './drive-fault.ts'
import { type RunningGuard, watchGuards } from './guards.ts'
import { chaosMsOf, occurrencesOf } from './occurrences.ts'
import type { LoadView, Progress, Recorder } from './ports.ts'
import { usersAreBack } from './users-back.ts'

/**
 * Plays the chaos phase in its own way: somebody else's experiment. `stop` fires when a guard or a person ends the
 * run; what was injected is undone before the promise is kept.
 */
export type ChaosDrive = (stop: AbortSignal) => Promise<readonly Injection[]>

export type RunPlan = {
  readonly runId: string
  readonly faults: readonly FaultPlan[]
  /** Instead of `faults`: the phase lasts as long as this takes. */
  readonly drive?: ChaosDrive | undefined
  readonly warmUpMs: number
  readonly baselineMs: number
  /** Undefined: the longest duration of the faults, else 30 s. */
  readonly chaosMs: number | undefined
  readonly recovery: 'auto' | number
  readonly recoveryMaxMs: number
  readonly guards: readonly RunningGuard[]
}

export type World = {
  readonly injector: Injector
  readonly load: LoadView
  readonly clock: Clock
  readonly recorder: Recorder & { events(): readonly TimedRunEvent[] }
  readonly progress: Progress
  /** Aborted by a signal or a request; the reason says which. */
  readonly stop: AbortSignal
  /** After the warm-up: throws a ProblemError when the run would be worthless (no spans, no traffic). */
  readonly ready: () => Promise<void>
}

export type StopReason = NonNullable<RunOutcome['stoppedBy']>

/**
 * Baseline, chaos, recovery. Faults are undone whatever happens in between; a guard or a signal ends the
 * phases early and keeps what was seen.
 *
 * @throws ProblemError when a fault cannot be applied; those already applied are undone first
 */
export async function runExperiment(plan: RunPlan, world: World): Promise<RunOutcome> {
  const run = new PhaseRunner(plan, world)
  await run.warmUp()
  const startedNs = world.clock.nowNs()
  await run.phase('baseline', plan.baselineMs)
  const injections = run.stopped ? [] : await run.chaos()
  let recoveredAfterMs: number | undefined
  if (!run.stopped && injections.length > 0) recoveredAfterMs = await run.recover(injections)
  return {
    startedNs,
    endedNs: world.clock.nowNs(),
    phases: run.phases,
    injections,
    stoppedBy: run.stoppedBy(),
    recoveredAfterMs,
    events: world.recorder.events(),
  }
}

class PhaseRunner {
  readonly phases: PhaseTimes[] = []
  readonly #plan: RunPlan
  readonly #world: World
  readonly #guard: AbortController = new AbortController()
  readonly #stop: AbortSignal
  readonly #applied = new Map<string, AppliedFault>()

  constructor(plan: RunPlan, world: World) {
    this.#plan = plan
    this.#world = world
    this.#stop = AbortSignal.any([world.stop, this.#guard.signal])
  }

  get stopped(): boolean {
    return this.#stop.aborted
  }

  stoppedBy(): StopReason | undefined {
    return this.stopped ? (this.#stop.reason as StopReason) : undefined
  }

  async warmUp(): Promise<void> {
    this.#world.recorder.record({ type: 'phase', phase: 'warm-up' })
    await this.#wait('warm-up', this.#plan.warmUpMs, this.#stop)
    if (!this.stopped) await this.#world.ready()
  }

  async phase(name: PhaseName, ms: number): Promise<void> {
    if (this.stopped) return
    const { clock, recorder } = this.#world
    recorder.record({ type: 'phase', phase: name })
    const startNs = clock.nowNs()
    await this.#wait(name, ms, this.#stop)
    this.phases.push({ name, startNs, endNs: clock.nowNs() })
  }

  chaos(): Promise<readonly Injection[]> {
    const { drive } = this.#plan
    return drive === undefined ? this.#inject() : this.#driven(drive)
  }

  async #driven(drive: ChaosDrive): Promise<readonly Injection[]> {
    const { clock, recorder } = this.#world
    recorder.record({ type: 'phase', phase: 'chaos' })
    const startNs = clock.nowNs()
    const over = new AbortController()
    const ticks = this.#wait('chaos', Number.POSITIVE_INFINITY, AbortSignal.any([this.#stop, over.signal]))
    try {
      return await drive(this.#stop)
    } finally {
      over.abort()
      await ticks
      this.phases.push({ name: 'chaos', startNs, endNs: clock.nowNs() })
    }
  }

  async #inject(): Promise<readonly Injection[]> {
    const { clock, recorder, injector } = this.#world
    const plan = this.#plan
    const chaosMs = chaosMsOf(
      plan.faults.map((fault) => fault.fault),
      plan.chaosMs,
    )
    recorder.record({ type: 'phase', phase: 'chaos' })
    const startNs = clock.nowNs()
    const leaseUntilNs = startNs + BigInt(Math.round(chaosMs + 30_000)) * 1_000_000n
    const failed = new AbortController()
    const end = AbortSignal.any([this.#stop, failed.signal])
    const ticking = new AbortController()
    const ticks = this.#wait('chaos', chaosMs, AbortSignal.any([end, ticking.signal]))
    const driven = plan.faults.map((fault) =>
      driveFault(fault, occurrencesOf(fault.fault, chaosMs), {
        clock,
        recorder,
        injector,
        end,
        lease: { runId: plan.runId, untilNs: leaseUntilNs },
        onApplied: (applied) => this.#applied.set(fault.fault.id, applied),
      }).catch((error: unknown) => {
        failed.abort()
        throw error
      }),
    )
    const settled = await Promise.allSettled(driven)
    const failure = settled.find((one) => one.status === 'rejected')
    if (failure !== undefined) ticking.abort()
    await ticks
    this.#applied.clear()
    this.phases.push({ name: 'chaos', startNs, endNs: clock.nowNs() })
    if (failure !== undefined) throw failure.reason
    return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  }

  /** @returns ms from the last fault's end until users were back, or undefined when they were not */
  async recover(injections: readonly Injection[]): Promise<number | undefined> {
    const { clock, recorder, load } = this.#world
    let endedNs = 0n
    for (const one of injections) {
      const endNs = one.endPossibleNs ?? clock.nowNs()
      if (endNs > endedNs) endedNs = endNs
    }
    recorder.record({ type: 'phase', phase: 'recovery' })
    const startNs = clock.nowNs()
    const back = usersAreBack(load, this.#baseline, clock)
    const limitMs = this.#plan.recovery === 'auto' ? this.#plan.recoveryMaxMs : this.#plan.recovery
    const isEnough = (): boolean => this.#plan.recovery === 'auto' && back.heldForMs() >= 5_000
    await this.#wait('recovery', limitMs, this.#stop, () => {
      back.look()
      return isEnough()
    })
    this.phases.push({ name: 'recovery', startNs, endNs: clock.nowNs() })
    const since = back.sinceNs()
    return since === undefined ? undefined : Math.max(0, Number(since - endedNs) / 1e6)
  }

  #baseline = new Map<string, ReturnType<LoadView['recent']>>()

  /** Waits, ticking about once a second; guards are looked at four times a second from the baseline on. */
  async #wait(
    phase: 'warm-up' | PhaseName,
    ms: number,
    signal: AbortSignal,
    isOver: () => boolean = () => false,
  ): Promise<void> {
    const { clock, load, progress, recorder } = this.#world
    const startNs = clock.nowNs()
    const guards = watchGuards(phase === 'warm-up' ? [] : this.#plan.guards, load, clock)
    const isOpen = ms === Number.POSITIVE_INFINITY || (phase === 'recovery' && this.#plan.recovery === 'auto')
    for (let beat = 0; !signal.aborted; beat++) {
      const elapsedMs = Number(clock.nowNs() - startNs) / 1e6
      const tripped = guards()
      if (tripped !== undefined) {
        recorder.record({ type: 'guard', text: tripped.text, value: tripped.value, tripped: true })
        this.#guard.abort({
          kind: 'guard',
          text: `${tripped.text} (was ${tripped.value})`,
        } satisfies StopReason)
      }
      if (beat % 4 === 0) {
        const totalMs = isOpen ? undefined : ms
        progress({
          phase,
          elapsedMs,
          totalMs,
          users: load.recent(Math.min(elapsedMs, 5_000)),
          effects: await this.#effects(),
        })
      }
      if (elapsedMs >= ms || isOver()) break
      await clock.sleep(Math.min(250, ms - elapsedMs), signal)
    }
    if (phase === 'baseline') {
      for (const entry of load.entries()) this.#baseline.set(entry, load.recent(ms, entry))
    }
  }

  async #effects(): Promise<Parameters<Progress>[0]['effects']> {
    const found = []
    for (const applied of this.#applied.values()) {
      const evidence = await applied.evidence().catch(() => undefined)
      if (evidence !== undefined) found.push({ label: applied.plan.label, ...evidence })
    }
    return found
  }
}
