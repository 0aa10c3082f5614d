import { createInterface } from 'node:readline/promises'
import type { FaultPlan } from '../faults/injector.ts'
import { ProblemError } from '../model/problem.ts'
import type { ClusterFlags } from './cluster-flags.ts'
import type { Io } from './io.ts'

export type Danger = { readonly context: string; readonly server: string }

/** Others work in a cluster: a person says yes, a script says --yes, and production is named. */
export async function askConsent(
  plans: readonly FaultPlan[],
  danger: Danger,
  flags: ClusterFlags & { readonly input: boolean },
  io: Io,
): Promise<void> {
  const namespaces = [...new Set(plans.flatMap((plan) => plan.targets.map((one) => one.namespace)))]
  const named = [danger.context, ...namespaces].find(looksLikeProduction)
  if (named === undefined && flags.yes === true) return
  if (flags.confirm === danger.context) return
  const asked = named === undefined ? 'yes' : danger.context
  const isInteractive = io.err.isTty && process.stdin.isTTY === true && flags.input
  if (!isInteractive) throw new ProblemError([unasked(danger, named)])
  const text = `${plans.map((plan) => plan.label).join('; ')} in ${danger.context} (${danger.server}), namespace ${namespaces.join(', ')}`
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await reader.question(`Inject ${text}? Type ${asked} to go on: `)
  reader.close()
  if (answer.trim() === asked) return
  throw new ProblemError([
    { code: 'no-consent', what: 'Cannot inject', why: `the answer must be ${asked}: nothing was changed` },
  ])
}

/** `prod`, `shop-production`, `live`, `prd-eu`: as part of a name. */
export function looksLikeProduction(name: string): boolean {
  return /(?:^|[^a-z])(?:prod|production|prd|live)(?:[^a-z]|$)/i.test(name)
}

function unasked({ context, server }: Danger, named: string | undefined): ProblemError['problems'][number] {
  return {
    code: 'no-consent',
    what: `Cannot inject into ${context}`,
    why:
      named === undefined
        ? `faults in a cluster (${server}) reach others: without a terminal the consent must be given by a flag`
        : `${named} looks like production: --yes is not enough there`,
    fix:
      named === undefined
        ? 'add --yes; look first with --dry-run'
        : `add --confirm ${context}; look first with --dry-run`,
  }
}
