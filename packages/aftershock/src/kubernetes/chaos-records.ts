import type { ChaosObject, ChaosRecord } from './objects.ts'

/** An object's targets and how far each has come; none before Chaos Mesh has chosen them. */
export function recordsOf(object: ChaosObject | undefined): readonly ChaosRecord[] {
  return object?.status?.experiment?.containerRecords ?? []
}

/** The targets that still hold the fault, as far as Chaos Mesh knows. */
export function heldRecords(object: ChaosObject | undefined): readonly ChaosRecord[] {
  return recordsOf(object).filter((one) => one.phase !== 'Not Injected')
}

/** What failed last on any of these targets. */
export function lastFailure(records: readonly ChaosRecord[]): string | undefined {
  return records.flatMap((one) => one.events ?? []).findLast((one) => one.type === 'Failed')?.message
}
