import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isUndoneBy, type KnownFault } from '../../formats/known-faults/known-fault.ts'
import { stepOfActivity } from '../../formats/known-faults/step-of-activity.ts'
import type { Injection } from '../../model/run.ts'
import type { ServiceConfig } from '../../model/system.ts'
import type { Recorder } from '../ports.ts'
import type { ActivityOutcome, OpenStep, RunDocument, RunObserver, Step, StepEnd } from './ports.ts'
import { targetServices } from './target-services.ts'

/** Pairs what an experiment's actions inject with what undoes it: a rollback, or a later action. */
export type FaultWatch = {
  readonly observer: RunObserver
  /** What was recognised; without any, the whole method counts as one fault of unknown kind. */
  injections(): readonly Injection[]
}

export type WatchedWorld = {
  /** Sees every step as well, and gives the carriers. */
  readonly inner: RunObserver
  readonly nowNs: () => bigint
  readonly recorder: Recorder
  readonly services: readonly ServiceConfig[]
  readonly file: string
  /** Called whenever a fault began or ended. */
  readonly onChange: (injections: readonly Injection[]) => void
}

/** In force between `start` (possible, certain) and `end`; its step names it. */
type Held = {
  readonly id: string
  readonly fault: KnownFault
  readonly startPossibleNs: bigint
  startCertainNs: bigint
  endCertainNs: bigint | undefined
  endPossibleNs: bigint | undefined
  undoneBy: string | undefined
  problem: string | undefined
}

type ActivityStep = Extract<Step, { kind: 'activity' }>

export function watchFaults(world: WatchedWorld): FaultWatch {
  const watch = new Watch(world)
  return { observer: watch, injections: () => watch.injections() }
}

class Watch implements RunObserver {
  readonly #world: WatchedWorld
  readonly #held: Held[] = []
  /** The inner one knows its own steps only. */
  readonly #inner = new WeakMap<OpenStep, OpenStep>()
  #document: RunDocument | undefined
  #title = ''
  readonly #actions = { played: 0, succeeded: 0 }
  #method: { startNs: bigint; endNs: bigint | undefined } | undefined

  constructor(world: WatchedWorld) {
    this.#world = world
  }

  /** A property, for an observer's methods are handed around. */
  readonly start = (step: Step, parent: OpenStep | undefined): OpenStep => {
    const inner = this.#world.inner.start(step, parent === undefined ? undefined : this.#inner.get(parent))
    if (step.kind === 'experiment') {
      this.#document = step.document
      this.#title = pythonText(step.experiment.get('title') ?? '')
    }
    if (step.kind === 'method') this.#method = { startNs: this.#world.nowNs(), endNs: undefined }
    const ended = step.kind === 'activity' ? this.#begin(step) : undefined
    const outer: OpenStep = {
      carrier: inner.carrier,
      note: inner.note,
      end: (how: StepEnd): void => {
        if (how.kind === 'method' && this.#method !== undefined) this.#method.endNs = this.#world.nowNs()
        if (how.kind === 'activity') ended?.(how.outcome)
        if (how.kind === 'activity' && step.kind === 'activity') this.#count(step, how.outcome)
        inner.end(how)
      },
    }
    this.#inner.set(outer, inner)
    return outer
  }

  injections(): readonly Injection[] {
    if (this.#held.length > 0) return this.#held.map((one) => this.#injectionOf(one))
    const method = this.#method
    return method === undefined ? [] : [this.#wholeMethod(method)]
  }

  /** @returns what to do when the activity has ended */
  #begin(step: ActivityStep): ((outcome: ActivityOutcome) => void) | undefined {
    const known = stepOfActivity(step.activity, this.#document)
    if (known === undefined || step.section === 'hypothesis' || step.section === 'tolerance') return undefined
    const name = pythonText(step.activity.get('name') ?? '')
    return known.does === 'inject' ? this.#inject(known.fault, name) : this.#undo(known.keyStart, name)
  }

  #count({ activity, section }: ActivityStep, outcome: ActivityOutcome): void {
    if (section !== 'method' || activity.get('type') !== 'action') return
    this.#actions.played += 1
    if (outcome.kind === 'returned') this.#actions.succeeded += 1
  }

  #inject(fault: KnownFault, name: string): (outcome: ActivityOutcome) => void {
    const { recorder, nowNs } = this.#world
    const nowAtStartNs = nowNs()
    const id = `${fault.kind}/${fault.key}`
    const held: Held = {
      id,
      fault,
      startPossibleNs: nowAtStartNs,
      startCertainNs: nowAtStartNs,
      endCertainNs: undefined,
      endPossibleNs: undefined,
      undoneBy: undefined,
      problem: undefined,
    }
    const targets = targetServices(fault.targets, this.#world.services).map((one) => one.pod)
    recorder.record({
      type: 'fault-applying',
      fault: id,
      label: fault.label,
      targets,
      undoneBy: 'experiment',
      how: [`the action "${name}" of the experiment`],
    })
    return (outcome) => {
      if (outcome.kind === 'failed' || outcome.kind === 'crashed') {
        recorder.record({ type: 'fault-failed', fault: id, why: outcome.error.message })
        return
      }
      held.startCertainNs = nowNs()
      this.#held.push(held)
      recorder.record({ type: 'fault-applied', fault: id, label: fault.label })
      if (fault.lasts === 'moment') this.#end(held, held.startCertainNs, `the action "${name}" returned`)
      this.#changed()
    }
  }

  #undo(keyStart: string, name: string): (outcome: ActivityOutcome) => void {
    const { recorder, nowNs } = this.#world
    const undone = this.#held.filter(
      (one) => one.endPossibleNs === undefined && isUndoneBy(one.fault, keyStart),
    )
    const startNs = nowNs()
    for (const one of undone) recorder.record({ type: 'fault-removing', fault: one.id })
    return (outcome) => {
      for (const one of undone) {
        if (outcome.kind === 'returned') this.#end(one, startNs, `the action "${name}" succeeded`)
        else {
          const why = 'error' in outcome ? outcome.error.message : 'it was stopped'
          one.problem = `the action "${name}" that undoes it failed: ${why}`
          recorder.record({ type: 'fault-stuck', fault: one.id, why: one.problem })
        }
      }
      this.#changed()
    }
  }

  #end(held: Held, certainNs: bigint, verifiedBy: string): void {
    held.endCertainNs = certainNs
    held.endPossibleNs = this.#world.nowNs()
    held.undoneBy = verifiedBy
    held.problem = undefined
    this.#world.recorder.record({ type: 'fault-removed', fault: held.id, verifiedBy })
  }

  #changed(): void {
    this.#world.onChange(this.injections())
  }

  #injectionOf(one: Held): Injection {
    const held = one.endPossibleNs === undefined ? endedByItself(one) : one
    const { fault } = held
    const why = 'no part of this program stood where the fault was: the traces show whether it took effect'
    return {
      ...this.#common(held.id, fault.label, `${fault.kind}/${fault.action}`, why),
      params: fault.parameters,
      targets: targetServices(fault.targets, this.#world.services),
      startPossibleNs: held.startPossibleNs,
      startCertainNs: held.startCertainNs,
      endCertainNs: held.endCertainNs,
      endPossibleNs: held.endPossibleNs,
      removal:
        held.undoneBy === undefined
          ? { ok: false, problem: held.problem ?? 'no action of the experiment undid it' }
          : { ok: true, verifiedBy: held.undoneBy },
    }
  }

  #wholeMethod(method: { readonly startNs: bigint; readonly endNs: bigint | undefined }): Injection {
    const { played, succeeded } = this.#actions
    const why = `${succeeded} of ${played} actions of the method succeeded; none is a fault of an extension that is known here, so the window is the method from start to end`
    const { uncounted: _, ...common } = this.#common('method', `the method of ${this.#title}`, 'Method', why)
    return {
      ...common,
      effect: { confirmed: succeeded > 0, seen: succeeded, eligible: played, unit: 'actions', why },
      params: {},
      targets: [],
      startPossibleNs: method.startNs,
      startCertainNs: method.startNs,
      endCertainNs: method.endNs,
      endPossibleNs: method.endNs ?? this.#world.nowNs(),
      removal: { ok: true, verifiedBy: 'the end of the experiment, which says itself what it undoes' },
    }
  }

  #common(fault: string, label: string, kind: string, why: string) {
    return {
      fault,
      label,
      kind,
      source: { file: this.#world.file, line: 1, format: 'chaos-toolkit' },
      effect: { confirmed: false, seen: 0, eligible: 0, unit: 'calls', why },
      uncounted: true as const,
    }
  }
}

/** Nothing undid it, but it said how long it lasts. */
function endedByItself(held: Held): Held {
  const { durationMs } = held.fault
  if (durationMs === undefined) return held
  const durationNs = BigInt(Math.round(durationMs * 1e6))
  return {
    ...held,
    endCertainNs: held.startPossibleNs + durationNs,
    endPossibleNs: held.startCertainNs + durationNs,
    undoneBy: `its own duration of ${durationMs / 1000} s`,
  }
}
