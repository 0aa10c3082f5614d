import { errorText } from '../../model/error-text.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import type { InjectionEvidence, Removal } from '../injector.ts'
import { notAfterNs, notBeforeNs } from './clock.ts'
import type { Applied, ApplyRequest, FaultAction, HeldAction } from './fault-action.ts'
import type { WardenJournal } from './journal.ts'
import { proofText } from './proof-text.ts'

type Then = Parameters<HeldAction['remove']>[0]
type GroupedAction = HeldAction & { readonly group: string }

type HeldFault = {
  readonly label: string
  readonly actions: readonly GroupedAction[]
  readonly timer: NodeJS.Timeout
  removal: Promise<Removal> | undefined
  /** The last count, kept when the stages are gone. */
  finalEvidence: InjectionEvidence | undefined
}

export type HeldFaults = {
  apply(request: ApplyRequest): Promise<Applied>
  evidence(faultId: string): InjectionEvidence
  /** Idempotent: asks again get the same answer, a failed removal is tried again. */
  remove(faultId: string): Promise<Removal>
  /** When everything ends: what was stopped stays stopped. */
  removeAll(): Promise<readonly Removal[]>
}

/**
 * The faults in force, each written to the journal before it acts and after it ended.
 *
 * @param hold - puts one action into force
 * @param ended - called when a fault's time is up and it was removed by itself
 */
export function heldFaults(
  hold: (action: FaultAction) => HeldAction | Promise<HeldAction>,
  journal: WardenJournal,
  ended: (faultId: string, removal: Removal) => void,
): HeldFaults {
  const held = new Map<string, HeldFault>()

  const apply = async (request: ApplyRequest): Promise<Applied> => {
    const { faultId, label, actions, untilNs } = request
    if (isInForce(held.get(faultId))) throw new ProblemError([alreadyInForce(faultId)])
    journal.write('fault-applying', { faultId, label, until: isoOf(untilNs) })
    const possibleNs = notBeforeNs()
    const done: GroupedAction[] = []
    try {
      for (const action of actions) done.push({ ...(await hold(action)), group: groupOf(action) })
    } catch (error) {
      await Promise.allSettled(done.map((action) => action.remove('goes-on')))
      journal.write('fault-not-applied', { faultId, label, why: String(error) })
      throw error
    }
    const certainNs = notAfterNs()
    const leftMs = Math.min(Number(untilNs / 1_000_000n) - Date.now(), TIMER_MAX_MS)
    const timer = setTimeout(() => void remove(faultId).then((it) => ended(faultId, it)), Math.max(0, leftMs))
    held.set(faultId, { label, actions: done, timer, removal: undefined, finalEvidence: undefined })
    journal.write('fault-applied', { faultId, label })
    return { possibleNs, certainNs, notes: done.flatMap((action) => action.notes) }
  }

  const remove = (faultId: string, then: Then = 'goes-on'): Promise<Removal> => {
    const fault = held.get(faultId)
    if (fault === undefined) return Promise.resolve({ removed: false, problem: notHeld(faultId) })
    clearTimeout(fault.timer)
    fault.removal ??= removeNow(faultId, fault, then).then((removal) => {
      if (!removal.removed) fault.removal = undefined
      return removal
    })
    return fault.removal
  }

  const removeNow = async (faultId: string, fault: HeldFault, then: Then): Promise<Removal> => {
    const possibleNs = notBeforeNs()
    fault.finalEvidence = sumOf(fault.actions)
    const outcomes = await Promise.allSettled(fault.actions.map((action) => action.remove(then)))
    const certainNs = notAfterNs()
    fault.finalEvidence = sumOf(fault.actions)
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) {
      const problem = problemOf(fault.label, failed.reason)
      journal.write('fault-stays', { faultId, label: fault.label, problem })
      return { removed: false, problem }
    }
    const verified = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const verifiedBy = proofText(verified)
    journal.write('fault-removed', { faultId, label: fault.label, verifiedBy })
    return { removed: true, possibleNs, certainNs, verifiedBy }
  }

  return {
    apply,
    remove: (faultId) => remove(faultId),
    evidence: (faultId) => {
      const fault = held.get(faultId)
      if (fault === undefined) throw new ProblemError([notHeld(faultId)])
      return fault.finalEvidence ?? sumOf(fault.actions)
    },
    removeAll: () =>
      Promise.all(
        [...held].filter(([, fault]) => isInForce(fault)).map(([faultId]) => remove(faultId, 'ends')),
      ),
  }
}

/** setTimeout takes 31 bits. */
const TIMER_MAX_MS = 2 ** 31 - 1
const SAMPLES_MAX = 10_000

function isInForce(fault: HeldFault | undefined): boolean {
  return fault !== undefined && fault.removal === undefined
}

function groupOf(action: FaultAction): string {
  return action.kind === 'link' ? action.group : `${action.kind} ${action.pod}`
}

/** Summed over groups; within one the stage that met the most calls speaks for all. */
function sumOf(actions: readonly GroupedAction[]): InjectionEvidence {
  const byGroup = new Map<string, InjectionEvidence>()
  const notes = new Set<string>()
  for (const action of actions) {
    const evidence = action.evidence()
    if (evidence.note !== undefined) notes.add(evidence.note)
    const known = byGroup.get(action.group)
    if (known === undefined || known.seen < evidence.seen) byGroup.set(action.group, evidence)
  }
  const all = [...byGroup.values()]
  return {
    seen: all.reduce((sum, each) => sum + each.seen, 0),
    eligible: all.reduce((sum, each) => sum + each.eligible, 0),
    unit: all[0]?.unit ?? 'proxied calls',
    addedMs: all.flatMap((each) => each.addedMs).slice(0, SAMPLES_MAX),
    note: notes.size === 0 ? undefined : [...notes].join('; '),
  }
}

function isoOf(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString()
}

function problemOf(label: string, reason: unknown): Problem {
  if (reason instanceof ProblemError) return reason.problems[0]
  const why = `undoing must succeed: ${errorText(reason)}`
  return { code: 'fault-stays', what: `Cannot remove ${label}`, why, fix: 'aftershock stop --all' }
}

function alreadyInForce(faultId: string): Problem {
  return {
    code: 'fault-twice',
    what: `Cannot apply ${faultId}`,
    why: 'a fault is applied once at a time: it is in force already',
  }
}

function notHeld(faultId: string): Problem {
  return {
    code: 'fault-unknown',
    what: `Cannot find ${faultId}`,
    why: 'only a fault that was applied can be asked about or removed: this one was not',
  }
}
