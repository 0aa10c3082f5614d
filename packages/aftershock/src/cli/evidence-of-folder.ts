import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { traceViews } from '../analysis/trace-view/trace-view.ts'
import type { RunResult, TraceFull } from '../model/result.ts'
import { readTraceFiles } from '../sources/read-files.ts'

/** The evidence traces of a finished run, read again from its archive; empty when the archive is gone. */
export async function evidenceOfFolder(
  runPath: string,
  result: RunResult,
  traceIds?: readonly string[],
): Promise<readonly TraceFull[]> {
  const file = join(runPath, 'traces.otlp.jsonl.gz')
  if (!existsSync(file)) return []
  const { table } = await readTraceFiles([file], { attributes: 'keep' })
  const startedNs = BigInt(Date.parse(result.run.startedAt)) * 1_000_000n
  const ns = (ms: number): bigint => startedNs + BigInt(Math.round(ms * 1e6))
  return traceViews(table, traceIds ?? result.evidence.map((meta) => meta.traceId), {
    mechanisms: result.mechanisms,
    faults: result.faults.flatMap((fault) =>
      result.experiments.flatMap((experiment) =>
        experiment.targets.map((target) => ({
          label: fault.label,
          service: target.service,
          pods: target.pods ?? [],
          startNs: ns(fault.from),
          endNs: ns(fault.to),
        })),
      ),
    ),
  })
}
