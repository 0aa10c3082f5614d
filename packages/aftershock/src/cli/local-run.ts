import { type SpanCollector, startSpanCollector } from '../collector/span-collector.ts'
import type { Clock } from '../engine/clock.ts'
import type { LoadView, ProgressTick } from '../engine/ports.ts'
import { type ChaosDrive, runExperiment } from '../engine/run-experiment.ts'
import type { RunFolder } from '../engine/run-folder.ts'
import type { FaultPlan, Injector } from '../faults/injector.ts'
import { startWarden, type Warden } from '../faults/warden/warden-client.ts'
import { guardBreach } from '../formats/hypothesis.ts'
import type { Load } from '../load/start-load.ts'
import { errorText } from '../model/error-text.ts'
import { durationText, percentText } from '../model/numbers.ts'
import { ProblemError } from '../model/problem.ts'
import type { VerdictReason } from '../model/result.ts'
import type { RunOutcome } from '../model/run.ts'
import type { SpanTable } from '../model/span-table.ts'
import { plural } from '../report/text-line.ts'
import type { SpanEnd } from '../telemetry/run-trace.ts'
import { traceRunEvents } from '../telemetry/trace-run-events.ts'
import { bypassReasons } from './bypass-reasons.ts'
import { type FaultLinks, faultLinks } from './fault-links.ts'
import { unseenLoad } from './load-view.ts'
import { startOwnTrace } from './own-trace.ts'
import type { ProgressLine } from './progress.ts'
import type { RunSettings } from './run-settings.ts'
import { startReceivers, startSystem } from './system-up.ts'
import { taggingInjector } from './tagging-injector.ts'
import type { ToolkitPlay } from './toolkit-run/toolkit-play.ts'
import { startTraffic } from './traffic.ts'
import { wardenEvents } from './warden-events.ts'
import { OWN_SERVICE } from './without-own-spans.ts'

export type LocalRun = {
  readonly settings: RunSettings
  readonly name: string
  readonly version: string
  readonly folder: RunFolder
  readonly clock: Clock
  readonly progress: ProgressLine
  readonly stop: AbortSignal
  /** Made for the warden, resolved to plans before anything starts. */
  readonly injectorFor: (warden: Warden) => Injector
  readonly plans: readonly FaultPlan[]
  /** Instead of plans: somebody else's experiment is the chaos phase. */
  readonly play?: ToolkitPlay | undefined
}

export type LocalRunEnd = {
  readonly outcome: RunOutcome
  readonly table: SpanTable
  readonly traceId: string
  /** Why no call met a fault, where the system shows it. */
  readonly bypass: readonly VerdictReason[]
  /** The journal of the experiment that was played, and what it says about the verdict. */
  readonly journal?: string | undefined
  readonly reasons?: readonly VerdictReason[] | undefined
}

const warmUpMs = 4_000
/** Senders flush every half second when we started them; others by their own clock, five seconds by default. */
const flushOwnMs = 1_500
const flushOthersMs = 6_000
const recoveryUnseenMs = 15_000

/**
 * Receivers, services, proxies, traffic, phases; then everything down again in the reverse order, whatever
 * happened. What was seen is kept even when the run was stopped.
 *
 * @throws ProblemError when the environment is not ready; nothing is left running then
 */
export async function runLocally(run: LocalRun): Promise<LocalRunEnd> {
  const { settings, folder, progress, clock } = run
  const collector = await startSpanCollector({ archiveFile: `${folder.path}/traces.otlp.jsonl.gz` })
  const own = await startOwnTrace({
    id: folder.id,
    name: run.name,
    seed: settings.seed,
    version: run.version,
    traces: settings.system.traces,
    shape: run.play === undefined ? 'experiment' : 'run',
    env: process.env,
    nowNs: () => clock.nowNs(),
    warn: (text) => progress.warn(text),
  })
  const { trace } = own
  const tracer = traceRunEvents(trace, run.play === undefined ? 'experiment' : 'run')
  const experiment = { traceId: trace.traceId, spanId: trace.root.spanId }
  const links = faultLinks(experiment, () => clock.nowNs(), tracer.link)
  const recorder = {
    record: (event: Parameters<RunFolder['record']>[0]) => {
      folder.record(event)
      tracer.see(event)
      links.see(event)
    },
    events: () => folder.events(),
  }
  const interrupted = (): void => {
    const reason = run.stop.reason as RunOutcome['stoppedBy']
    recorder.record({ type: 'interrupted', signal: reason?.kind === 'signal' ? reason.signal : 'a request' })
  }
  run.stop.addEventListener('abort', interrupted, { once: true })
  try {
    const drive = run.play?.driveIn({
      collector,
      recorder,
      nowNs: () => clock.nowNs(),
      parent: experiment,
    })
    const outcome = await withSystem(run, collector, recorder, links, drive)
    const bypass = bypassReasons(outcome, settings.system.services)
    progress.waiting('reading the spans')
    const spans = await own.end(endOf(outcome))
    collector.addSpans({ 'service.name': OWN_SERVICE }, spans)
    return {
      outcome,
      table: await collector.finish(),
      traceId: trace.traceId,
      bypass,
      journal: run.play?.journal(),
      reasons: run.play?.reasons(),
    }
  } catch (error) {
    await own.end({ error: { message: errorText(error) } })
    await collector.finish().catch(() => undefined)
    throw error
  } finally {
    run.stop.removeEventListener('abort', interrupted)
  }
}

type FullRecorder = Parameters<typeof runExperiment>[1]['recorder']

async function withSystem(
  run: LocalRun,
  collector: SpanCollector,
  recorder: FullRecorder,
  links: FaultLinks,
  drive: ChaosDrive | undefined,
): Promise<RunOutcome> {
  const { settings, folder, progress, stop } = run
  const { system } = settings
  await using receivers = await startReceivers(system, collector)
  await using warden = await startWarden({ runFolder: folder.path, seed: settings.seed })
  recorder.record({ type: 'warden-started', pid: warden.pid })
  using _events = wardenEvents(warden, recorder)
  const startedMs = performance.now()
  if (system.services.length > 0) progress.waiting(`starting ${plural(system.services.length, 'service')}`)
  const up = startSystem(warden, system, receivers.http, (text) => progress.waiting(text))
  // A service that never listens must not hold up somebody who wants to leave.
  await Promise.race([up, aborted(stop)])
  if (stop.aborted) {
    up.catch(() => undefined)
    return stoppedEarly(run, recorder)
  }
  if (system.services.length > 0)
    progress.done(`${plural(system.services.length, 'service')} up, proxies in between${since(startedMs)}`)
  const traffic = await startTraffic(run, warden, (resource, spans) =>
    collector.addSpans(resource, links.linked(spans)),
  )
  const outcome = await (async () => {
    try {
      return await runExperiment(
        { ...planOf(run, traffic.view), drive },
        {
          injector: taggingInjector(run.injectorFor(warden), collector, { id: folder.id, name: run.name }),
          load: traffic.view,
          clock: run.clock,
          recorder,
          progress: announcing(progress, traffic.view),
          stop,
          ready: () => checkReady(collector, traffic.load, progress, stop),
        },
      )
    } finally {
      progress.waiting('waiting for the last answers')
      await traffic.stop(stop)
    }
  })()
  const { services } = system
  const hasOthers = services.length === 0 || services.some((service) => service.command === undefined)
  progress.waiting('waiting for the last spans')
  await run.clock.sleep(stop.aborted ? 700 : hasOthers ? flushOthersMs : flushOwnMs)
  return outcome
}

function planOf(run: LocalRun, load: LoadView): Parameters<typeof runExperiment>[0] {
  const { settings } = run
  const { recovery } = settings
  return {
    runId: run.folder.id,
    faults: run.plans,
    warmUpMs,
    baselineMs: settings.baselineMs,
    chaosMs: settings.chaosMs,
    recovery: recovery === 'auto' && load === unseenLoad ? recoveryUnseenMs : recovery,
    recoveryMaxMs: settings.recoveryMaxMs,
    guards: settings.guards.map((guard) => ({
      text: guard.text,
      entry: guard.entry,
      forMs: guard.forMs,
      breached: (sample) => guardBreach(guard, sample),
    })),
  }
}

/** A phase that ended is told for good, with the answers that users got in it. */
function announcing(progress: ProgressLine, load: LoadView): (tick: ProgressTick) => void {
  let last: ProgressTick | undefined
  return (tick) => {
    if (last !== undefined && last.phase !== tick.phase && last.phase !== 'warm-up') {
      const { requests, errors, p95Ms } = load.recent(last.elapsedMs)
      const failed = requests === 0 ? '' : `  errors ${percentText(errors / requests)} of ${requests} answers`
      const p95 = p95Ms === undefined ? '' : `  p95 ${durationText(p95Ms)}`
      progress.done(`${last.phase.padEnd(9)} ${Math.round(last.elapsedMs / 1000)} s${failed}${p95}`)
    }
    last = tick
    progress.tick(tick)
  }
}

/** @throws ProblemError when no service sent a span, or nobody answers the load */
async function checkReady(
  collector: SpanCollector,
  load: Load | undefined,
  progress: ProgressLine,
  stop: AbortSignal,
): Promise<void> {
  const services = (): readonly string[] =>
    collector
      .stats()
      .services.map((one) => one.service)
      .filter((name) => name !== 'users')
  if (load !== undefined) {
    for (let waited = 0; services().length === 0 && waited < 8_000 && !stop.aborted; waited += 200) {
      progress.waiting('waiting for the first spans')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    if (stop.aborted) return
    const sample = load.recent(4_000)
    if (services().length === 0)
      throw new ProblemError(
        [sample.requests > 0 && sample.errors === sample.requests ? nobodyAnswers() : noSpans()],
        4,
      )
  }
  if (services().length > 0)
    progress.done(`traces arriving from ${plural(services().length, 'service')}: ${services().join(', ')}`)
}

function noSpans(): ProblemError['problems'][number] {
  return {
    code: 'no-spans',
    what: 'Cannot explain this run',
    why: 'requests are answered, but no service has sent a span',
    fix: 'give the services the OpenTelemetry SDK and OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318; `aftershock doctor` shows who is silent',
  }
}

function nobodyAnswers(): ProblemError['problems'][number] {
  return {
    code: 'load-fails',
    what: 'Cannot take a baseline',
    why: 'before any fault, every request of the load fails and no service has sent a span',
    fix: 'check `load` in aftershock.yaml: is that where the system listens?',
  }
}

function stoppedEarly(run: LocalRun, recorder: FullRecorder): RunOutcome {
  const nowNs = run.clock.nowNs()
  return {
    startedNs: nowNs,
    endedNs: nowNs,
    phases: [],
    injections: [],
    stoppedBy: run.stop.reason as RunOutcome['stoppedBy'],
    recoveredAfterMs: undefined,
    events: recorder.events(),
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function endOf({ stoppedBy }: RunOutcome): SpanEnd {
  if (stoppedBy === undefined) return { attributes: { 'chaostoolkit.experiment.status': 'completed' } }
  const why = stoppedBy.kind === 'guard' ? stoppedBy.text : stoppedBy.kind
  return {
    attributes: { 'chaostoolkit.experiment.status': 'interrupted' },
    error: { type: 'Stopped', message: `stopped: ${why}` },
  }
}

function since(startedMs: number): string {
  return `  ${((performance.now() - startedMs) / 1000).toFixed(1)} s`
}
