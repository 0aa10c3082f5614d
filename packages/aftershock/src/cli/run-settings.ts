import { type Guard, type Hypothesis, parseGuard, parseHypothesis } from '../formats/hypothesis.ts'
import { readSystemFile } from '../formats/system-file.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { LoadConfig, SystemFile } from '../model/system.ts'
import type { RunFlags } from './run-options.ts'

/** What a run does, after flags, environment and file have been weighed. */
export type RunSettings = {
  readonly system: SystemFile
  readonly load: LoadConfig | undefined
  readonly baselineMs: number
  readonly chaosMs: number | undefined
  readonly recovery: 'auto' | number
  readonly recoveryMaxMs: number
  readonly hypotheses: readonly Hypothesis[]
  readonly guards: readonly Guard[]
  readonly seed: number
}

/** Flags win over the file. @throws ProblemError with every hypothesis or guard that cannot be read */
export function runSettings(system: SystemFile, flags: RunFlags): RunSettings {
  const problems: Problem[] = []
  const keep = <T>(
    read: { ok: true; value: T } | { ok: false; problems: readonly Problem[] },
  ): readonly T[] => {
    if (read.ok) return [read.value]
    problems.push(...read.problems)
    return []
  }
  const hypotheses = [...system.hypotheses, ...flags.hypothesis].flatMap((text) =>
    keep(parseHypothesis(text)),
  )
  const guards = [...system.guards, ...flags.guard].flatMap((text) => keep(parseGuard(text)))
  const load = loadOf(system.load, flags, keep)
  if (problems.length > 0) throw new ProblemError(problems)
  const { otlpHttp, otlpGrpc } = system.traces
  const traces =
    flags.otlpPort === undefined
      ? system.traces
      : {
          ...system.traces,
          otlpHttp: { ...otlpHttp, port: flags.otlpPort },
          otlpGrpc: { ...otlpGrpc, port: Math.max(0, flags.otlpPort - 1) },
        }
  return {
    system: { ...system, traces },
    load,
    baselineMs: flags.baseline ?? system.phases.baselineMs,
    chaosMs: flags.chaos ?? system.phases.chaosMs,
    recovery: flags.recovery ?? system.phases.recovery,
    recoveryMaxMs: system.phases.recoveryMaxMs,
    hypotheses,
    guards,
    seed: flags.seed ?? 1 + Math.floor(Math.random() * 999_999),
  }
}

type Keep = <T>(read: { ok: true; value: T } | { ok: false; problems: readonly Problem[] }) => readonly T[]

function loadOf(configured: LoadConfig | undefined, flags: RunFlags, keep: Keep): LoadConfig | undefined {
  if (flags.load === 'none') return undefined
  const asked = flags.load === undefined ? undefined : JSON.stringify({ load: { request: flags.load } })
  const [read] = asked === undefined ? [] : keep(readSystemFile(asked, '--load'))
  const load = read?.load ?? configured
  return load?.kind === 'requests' && flags.rps !== undefined ? { ...load, rps: flags.rps } : load
}
