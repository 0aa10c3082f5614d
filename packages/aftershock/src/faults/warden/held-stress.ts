import { ProblemError } from '../../model/problem.ts'
import { type Burner, type BurnerSpec, startBurner } from '../process/burner.ts'
import type { ProcessRecord } from '../process/process-record.ts'
import type { HeldAction } from './fault-action.ts'

/** Runs burners for one replica until removed. */
export async function holdStress(
  pod: string,
  specs: readonly BurnerSpec[],
  targetPid: number | undefined,
  record: (record: ProcessRecord) => void,
): Promise<HeldAction> {
  const started = await Promise.allSettled(
    specs.map((spec) => startBurner(spec, targetPid, `stress ${pod}`, record)),
  )
  const burners = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = started.find((each) => each.status === 'rejected')
  if (failed !== undefined) {
    await stopAll(burners)
    throw failed.reason
  }
  const where = `workers of ${pod} run ${[...new Set(burners.map((burner) => burner.where))].join(', ')}`
  return {
    notes: [where],
    evidence: () => {
      const samples = burners.map((burner) => ({ kind: burner.kind, ...burner.samples() }))
      const reached = [meanText(samples, 'cpu', 'of a core'), meanText(samples, 'memory', 'of its memory')]
      return {
        seen: samples.reduce((sum, each) => sum + each.met, 0),
        eligible: samples.reduce((sum, each) => sum + each.all, 0),
        unit: 'samples',
        addedMs: [],
        note: [where, ...reached.filter((text) => text !== '')].join('; '),
      }
    },
    remove: async () => {
      await stopAll(burners)
      return { kind: 'told', text: `${burners.length} workers of ${pod} ended` }
    },
  }
}

/** `each CPU worker reached 48 % of a core`; empty where none has told anything. */
function meanText(
  samples: readonly { readonly kind: string; readonly all: number; readonly meanPercent: number }[],
  kind: Burner['kind'],
  whole: string,
): string {
  const percents = samples
    .filter((each) => each.kind === kind && each.all > 0)
    .map((each) => each.meanPercent)
  if (percents.length === 0) return ''
  const mean = percents.reduce((sum, percent) => sum + percent, 0) / percents.length
  return `each ${kind === 'cpu' ? 'CPU' : kind} worker reached ${Math.round(mean)} % ${whole}`
}

async function stopAll(burners: readonly Burner[]): Promise<void> {
  const stopped = await Promise.allSettled(burners.map((burner) => burner.stop()))
  const problems = stopped.flatMap((each) =>
    each.status === 'rejected' && each.reason instanceof ProblemError ? each.reason.problems : [],
  )
  if (problems.length > 0) throw new ProblemError(problems, 6)
}
