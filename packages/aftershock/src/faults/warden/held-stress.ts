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
      const samples = burners.map((burner) => burner.samples())
      const percents = samples.filter((each) => each.all > 0).map((each) => each.meanPercent)
      const mean = percents.reduce((sum, percent) => sum + percent, 0) / Math.max(1, percents.length)
      return {
        seen: samples.reduce((sum, each) => sum + each.met, 0),
        eligible: samples.reduce((sum, each) => sum + each.all, 0),
        unit: 'samples',
        addedMs: [],
        note:
          percents.length === 0
            ? where
            : `${where}; each reached ${Math.round(mean)} % of a core or its memory`,
      }
    },
    remove: async () => {
      await stopAll(burners)
      return { kind: 'told', text: `${burners.length} workers of ${pod} ended` }
    },
  }
}

async function stopAll(burners: readonly Burner[]): Promise<void> {
  const stopped = await Promise.allSettled(burners.map((burner) => burner.stop()))
  const problems = stopped.flatMap((each) =>
    each.status === 'rejected' && each.reason instanceof ProblemError ? each.reason.problems : [],
  )
  if (problems.length > 0) throw new ProblemError(problems, 6)
}
