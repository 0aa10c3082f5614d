import type { SpanCollector } from '../../collector/span-collector.ts'
import { watchFaults } from '../../engine/chaos-toolkit/watch-faults.ts'
import type { Recorder } from '../../engine/ports.ts'
import type { ChaosDrive, StopReason } from '../../engine/run-experiment.ts'
import type { RunFolder } from '../../engine/run-folder.ts'
import { JOURNAL_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { environmentOf } from '../../formats/propagation/propagation.ts'
import { traceparentOf } from '../../formats/propagation/w3c.ts'
import type { VerdictReason } from '../../model/result.ts'
import type { Injection } from '../../model/run.ts'
import type { ServiceConfig } from '../../model/system.ts'
import { toolkitTracer } from '../../telemetry/chaos-toolkit/toolkit-tracer.ts'
import { playPrepared } from '../chaos/play.ts'
import type { Io } from '../io.ts'
import type { ProgressLine } from '../progress.ts'
import { OWN_SERVICE } from '../without-own-spans.ts'
import { journalFacts } from './journal-facts.ts'
import { runLog } from './run-log.ts'
import { tagWindowsOf } from './tag-windows.ts'
import type { ToolkitFlags } from './toolkit-flags.ts'
import { toolkitWork } from './toolkit-work.ts'

/** A Chaos Toolkit experiment as the chaos phase of a run. */
export type ToolkitPlay = {
  readonly driveIn: (world: PlayWorld) => ChaosDrive
  /** What it adds to the verdict, once it has been played. */
  readonly reasons: () => readonly VerdictReason[]
  /** The Chaos Toolkit's journal with our facts in keys of their own; undefined when it was not played. */
  readonly journal: () => string | undefined
}

export type PlayWorld = {
  readonly collector: SpanCollector
  readonly recorder: Recorder
  readonly nowNs: () => bigint
  /** The run's own root span: the experiment is a part of it. */
  readonly parent: { readonly traceId: string; readonly spanId: string }
}

export type PlayOptions = {
  readonly io: Io
  readonly version: string
  readonly file: string
  readonly flags: ToolkitFlags
  readonly name: string
  readonly folder: RunFolder
  readonly progress: ProgressLine
  readonly services: readonly ServiceConfig[]
  readonly random: () => number
}

export function toolkitPlay(options: PlayOptions): ToolkitPlay {
  let journal: PyDict | undefined
  let injections: readonly Injection[] = []
  return {
    driveIn: (world) => async (stop) => {
      const played = await playIn(world, options, stop)
      journal = played.journal
      injections = played.injections
      return injections
    },
    reasons: () => (journal === undefined ? [] : reasonsOf(journal)),
    journal: () =>
      journal === undefined
        ? undefined
        : `${writeJson(journal.set('aftershock', journalFacts(injections)), JOURNAL_STYLE)}\n`,
  }
}

async function playIn(world: PlayWorld, options: PlayOptions, stop: AbortSignal) {
  const { folder, progress, version } = options
  const log = runLog(folder, progress)
  const { traceId, spanId } = world.parent
  const context = { traceparent: traceparentOf({ traceId, spanId, isSampled: true }) }
  const tracer = toolkitTracer({
    env: { ...process.env, ...environmentOf(context) },
    version,
    nowNs: world.nowNs,
    random: options.random,
    warn: log.warning,
    idsGoTo: 'journal',
    runId: folder.id,
    onSpan: (span) => world.collector.addSpans({ 'service.name': OWN_SERVICE }, [span]),
  })
  const watch = watchFaults({
    inner: tracer.observer,
    nowNs: world.nowNs,
    recorder: world.recorder,
    services: options.services,
    file: options.file,
    onChange: (found) => world.collector.setWindows(tagWindowsOf(found, folder.id, options.name)),
  })
  const tracing = { observer: watch.observer, onSpan: tracer.add, seeGlobals: () => {}, flush: tracer.finish }
  const { work, prepared, close } = await toolkitWork({
    ...options,
    journalPath: `${folder.path}/journal.json`,
    log,
    tracing,
  })
  const end = (): void => {
    const reason = stop.reason as StopReason | undefined
    const isSignal = reason?.kind === 'signal'
    const source = isSignal ? reason.signal : reason?.kind === 'guard' ? reason.text : 'a request'
    work.desk.request({ kind: isSignal && reason.signal === 'SIGINT' ? 'interrupt' : 'terminate', source })
  }
  stop.addEventListener('abort', end, { once: true })
  if (stop.aborted) end()
  try {
    const { outcome } = await playPrepared(work, prepared)
    return { journal: outcome.journal, injections: watch.injections() }
  } finally {
    stop.removeEventListener('abort', end)
    await close()
    await tracer.finish()
  }
}

/** The steady state and the status are hypotheses of the run as well. */
function reasonsOf(journal: PyDict): readonly VerdictReason[] {
  const experiment = journal.get('experiment')
  const hypothesis = isDict(experiment) ? experiment.get('steady-state-hypothesis') : undefined
  const title = isDict(hypothesis) ? String(hypothesis.get('title') ?? '') : ''
  const status = String(journal.get('status'))
  const states = journal.get('steady_states')
  const before = isDict(states) ? states.get('before') : undefined
  const reasons: VerdictReason[] = []
  const judged = (isMet: boolean, actual: string): VerdictReason => ({
    ok: isMet,
    text: `steady state "${title}": ${actual}`,
    probe: `steady state "${title}"`,
    expected: 'met',
    actual,
    phase: 'chaos',
  })
  if (isDict(before) && before.get('steady_state_met') === false)
    reasons.push(judged(false, 'not met before the method, which was left out'))
  else if (isDict(hypothesis))
    reasons.push(
      judged(journal.get('deviated') !== true, journal.get('deviated') === true ? 'deviated' : 'met'),
    )
  if (status !== 'completed' && status !== 'interrupted')
    reasons.push({ ok: false, text: `the experiment ended as ${status}: journal.json says why` })
  return reasons
}
