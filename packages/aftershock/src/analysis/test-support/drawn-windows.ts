import { DRAWING_EPOCH_NS } from '../../model/draw-trace.ts'
import type { ExperimentFacts, Interval, Windows } from '../../model/window.ts'

/** From and to so many seconds after the beginning of a drawing. */
export function drawnInterval(fromS: number, toS: number): Interval {
  const at = (seconds: number): bigint => DRAWING_EPOCH_NS + BigInt(seconds) * 1_000_000_000n
  return { startNs: at(fromS), endNs: at(toS) }
}

/** A minute of baseline and one of chaos, in which one service is hit. */
export function drawnWindows(
  service: string,
  fault: Pick<ExperimentFacts, 'kind' | 'action'> & Partial<ExperimentFacts>,
): Windows {
  const targets = [{ service, namespace: undefined, pods: [] }]
  return {
    experiments: [{ name: 'test', mode: 'all', targets, parameters: {}, ...fault }],
    baseline: [drawnInterval(0, 60)],
    chaos: [drawnInterval(60, 120)],
    recovery: [],
  }
}
