import type { Partition } from './assemble/partition.ts'
import {
  crowdStep,
  halvesStep,
  heldStep,
  inTimeStep,
  listStep,
  onsetStep,
  outcomeStep,
  senderStep,
  sentStep,
  siteStep,
  timeStep,
  waitStep,
  withoutStep,
} from './judge-steps.ts'
import { type ColumnLender, type LentMemory, ownMemory, withMemory } from './numbers/columns.ts'
import { attemptStep, callStep, failureStep, nameStep, operationStep, type Step } from './partition-steps.ts'
import { loadStep, originStep, rejectionStep } from './rejection-steps.ts'
import { chanceStep, digestStep, halveStep, passedStep, rankStep, shamStep, showStep } from './tell-steps.ts'

/** A question to every partition. */
export type Ask = { readonly step: string; readonly known: unknown }

/** An analysis: asks all partitions, one step after another, and goes on with what they have seen. */
export type Inquiry<Result> = Generator<Ask, Result, readonly unknown[]>

/** Asks every partition; the answers come in no particular order. */
export function* ask<Before, Known, After, Seen>(
  step: Step<Before, Known, After, Seen>,
  known: Known,
): Inquiry<readonly Seen[]> {
  return (yield { step: step.name, known }) as readonly Seen[]
}

const STEPS: ReadonlyMap<string, Step<never, never, unknown, unknown>> = new Map(
  [
    ...[nameStep, callStep, operationStep, failureStep, attemptStep, rejectionStep, loadStep, originStep],
    ...[
      timeStep,
      sentStep,
      waitStep,
      siteStep,
      listStep,
      halvesStep,
      onsetStep,
      withoutStep,
      heldStep,
      inTimeStep,
      senderStep,
      crowdStep,
    ],
    outcomeStep,
    ...[digestStep, passedStep, chanceStep, rankStep, showStep, halveStep, shamStep],
  ].map((step) => [step.name, step]),
)

/** A partition takes a step; the caller keeps what it knows after it. */
export function takeStep(
  before: unknown,
  { step, known }: Ask,
): { readonly after: unknown; readonly seen: unknown } {
  return stepOf(step).take(before as never, known as never)
}

/** What several partitions saw at a step as one, where that is less; else as it is. */
export function joinSeen({ step }: Ask, seen: readonly unknown[]): readonly unknown[] {
  const { join } = stepOf(step)
  return join === undefined || seen.length <= 1 ? seen : [join(seen)]
}

function stepOf(name: string): Step<never, never, unknown, unknown> {
  const step = STEPS.get(name)
  if (step === undefined) throw new Error(`There is no step called ${name}`)
  return step
}

/** Some partitions, and what they know so far. */
export type Hand = {
  take(ask: Ask): readonly unknown[]
  /** What is known of the partitions is not wanted any more. */
  letGo(): void
}

/** What a partition knows, and what of it is in memory that was lent. */
type Holding = { readonly known: unknown; readonly lent: LentMemory | undefined }

/** @param lender - has memory for columns; has it all again when the hand is let go */
export function handOf(partitions: readonly Partition[], lender?: ColumnLender): Hand {
  let held = partitions.map((known): Holding => ({ known, lent: undefined }))
  return {
    take: (ask) => {
      const seen = held.map(({ known, lent }, i) => {
        const taken = withMemory(lender?.lend ?? ownMemory, () => takeStep(known, ask))
        // Noted at once: should a later one fail, nothing is given back twice.
        held[i] = { known: taken.after, lent: lender?.takeBack(taken.after, taken.seen, lent) }
        return taken.seen
      })
      return joinSeen(ask, seen)
    },
    letGo: () => {
      for (const { lent } of held) lender?.takeBack(undefined, undefined, lent)
      held = []
    },
  }
}

/**
 * All partitions in this thread, one after another.
 *
 * @param lender - see `handOf`
 */
export function inquire<Result>(
  inquiry: Inquiry<Result>,
  partitions: readonly Partition[],
  lender?: ColumnLender,
): Result {
  const hand = handOf(partitions, lender)
  let seen: readonly unknown[] = []
  for (;;) {
    const next = inquiry.next(seen)
    if (next.done === true) {
      hand.letGo()
      return next.value
    }
    seen = hand.take(next.value)
  }
}
