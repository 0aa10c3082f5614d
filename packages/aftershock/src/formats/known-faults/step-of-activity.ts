import { type Scope, substitute } from '../chaos-toolkit/substitute.ts'
import { isDict, type PyDict } from '../chaos-toolkit/values.ts'
import type { KnownStep } from './known-fault.ts'
import { knownStep } from './known-step.ts'
import { plainRecord } from './plain-record.ts'

/**
 * @param scope - what its arguments are filled from; undefined: they stay as they are written
 * @returns undefined for an action of an extension that is not known, or that injects nothing
 */
export function stepOfActivity(activity: PyDict, scope: Scope | undefined): KnownStep | undefined {
  const provider = activity.get('provider')
  if (!isDict(provider) || provider.get('type') !== 'python') return undefined
  const given = provider.get('arguments')
  return knownStep({
    module: String(provider.get('module') ?? ''),
    func: String(provider.get('func') ?? ''),
    arguments: plainRecord(given === undefined || scope === undefined ? given : substitute(given, scope)),
  })
}
