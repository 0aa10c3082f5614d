import { largestChange } from '../analysis/judge/largest-change.ts'
import { goDurationMs } from '../formats/go-duration.ts'
import { parseRfc3339 } from '../formats/rfc3339.ts'
import { readWindowFile } from '../formats/window-file.ts'
import { durationText, percentText } from '../model/numbers.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { SpanTable } from '../model/span-table.ts'
import type { ExperimentFacts, Interval, Windows } from '../model/window.ts'
import { readTextFile } from './find-files.ts'
import { watcherAt } from './watcher-client.ts'

export type WindowFlags = {
  readonly windows?: string
  /** Set when `windows` names a watcher: what it answered. */
  readonly windowsText?: string
  readonly fault?: string
  readonly split?: string
  readonly baselineWindow?: string
}

/**
 * Windows from a file, from `--fault '<service> <words> @ <from>..<to>'`, or from `--split <time>`.
 *
 * @param table - the spans, or a sample of their traces: for a hint where no window is named
 * @param data - when the first of all spans began and the last ended
 */
export function windowsFor(
  flags: WindowFlags,
  table: SpanTable,
  cwd: string,
  data: Interval = extentOf(table),
): Windows {
  if (flags.windows !== undefined) {
    const read = readWindowFile(flags.windowsText ?? readTextFile(flags.windows, cwd), flags.windows)
    if (!read.ok) throw new ProblemError(read.problems)
    return read.value
  }
  if (flags.fault !== undefined) return windowsOfFault(flags.fault, flags.baselineWindow, data)
  if (flags.split !== undefined) {
    const at = momentOf(flags.split, data, '--split')
    const chaos = [intervalIn(data, { startNs: at, endNs: data.endNs }, '--split', flags.split)]
    return { experiments: [], baseline: baselineOf(flags.baselineWindow, data, at), chaos, recovery: [] }
  }
  throw new ProblemError([noWindow(table)])
}

/** `--windows http://…/api/window-file/<namespace>/<name>`: asks the watcher of a cluster. */
export async function askedWindows<Flags extends WindowFlags>(
  flags: Flags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Flags> {
  if (flags.windows === undefined || !/^https?:\/\//.test(flags.windows)) return flags
  const { origin, pathname, search } = new URL(flags.windows)
  const answer = await watcherAt(origin, env).get<unknown>(`${pathname}${search}`)
  return { ...flags, windowsText: JSON.stringify(answer) }
}

function windowsOfFault(text: string, baseline: string | undefined, data: Interval): Windows {
  const match = /^\s*(\S+)\s+(.*?)\s*@\s*(\S+?)\.\.(\S+)\s*$/.exec(text)
  const [, service, words, from, to] = match ?? []
  if (service === undefined || words === undefined || from === undefined || to === undefined) {
    throw new ProblemError([
      {
        code: 'fault-form',
        what: 'Cannot read --fault',
        why: `it must be "<service> <what> @ <from>..<to>": current value is ${JSON.stringify(text)}`,
        fix: '--fault "payment latency +500ms @ 03:03:10..03:04:10"',
      },
    ])
  }
  const asked = { startNs: momentOf(from, data, '--fault'), endNs: momentOf(to, data, '--fault') }
  const chaos = intervalIn(data, asked, '--fault', text)
  return {
    experiments: [factsOf(service, words)],
    baseline: baselineOf(baseline, data, chaos.startNs),
    chaos: [chaos],
    recovery: chaos.endNs < data.endNs ? [{ startNs: chaos.endNs, endNs: data.endNs }] : [],
  }
}

/** `latency +500ms` → NetworkChaos/delay; other words name the kind as far as they can. */
function factsOf(service: string, words: string): ExperimentFacts {
  const amount = /\+?(\d+(?:\.\d+)?(?:ms|s))/.exec(words)?.[1]
  const latencyMs = amount === undefined ? undefined : goDurationMs(amount)
  const action = words.split(/\s+/)[0]
  const isDelay = latencyMs !== undefined || action === 'latency' || action === 'delay'
  return {
    name: `${service} ${words}`,
    kind: isDelay ? 'NetworkChaos' : action === 'kill' ? 'PodChaos' : 'unknown',
    action: isDelay ? 'delay' : action,
    mode: undefined,
    targets: [{ service, namespace: undefined, pods: [] }],
    parameters: latencyMs === undefined ? {} : { latencyMs },
  }
}

function baselineOf(text: string | undefined, data: Interval, chaosStartNs: bigint): readonly Interval[] {
  if (text === undefined) return [{ startNs: data.startNs, endNs: chaosStartNs }]
  const [from, to] = text.split('..')
  const asked = {
    startNs: momentOf(from ?? '', data, '--baseline-window'),
    endNs: momentOf(to ?? '', data, '--baseline-window'),
  }
  return [intervalIn(data, asked, '--baseline-window', text)]
}

/** @throws ProblemError when it ends before it begins, or none of the data lies in it */
function intervalIn(data: Interval, asked: Interval, flag: string, text: string): Interval {
  const iso = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString()
  const extent = `${iso(data.startNs)}..${iso(data.endNs)}`
  const isOutside = asked.startNs >= data.endNs || asked.endNs <= data.startNs
  if (asked.startNs < asked.endNs && !isOutside) return asked
  const rule = isOutside ? `it must lie within the data (${extent})` : 'it must begin before it ends'
  throw new ProblemError([
    {
      code: 'window-empty',
      what: `Cannot read ${flag}`,
      why: `${rule}: current value is ${JSON.stringify(text)}`,
      fix: `name times within ${extent}`,
    },
  ])
}

/** RFC 3339, `HH:MM:SS` on the data's day (UTC), or an offset such as `60s` from the first span. */
function momentOf(text: string, data: Interval, flag: string): bigint {
  if (/^\d{2}:\d{2}:\d{2}(\.\d+)?$/.test(text)) {
    const day = new Date(Number(data.startNs / 1_000_000n)).toISOString().slice(0, 10)
    const ns = parseRfc3339(`${day}T${text}Z`)
    if (ns !== undefined) return ns
  }
  const offsetMs = /^[\d.]+(ms|s|m|h)/.test(text) ? goDurationMs(text) : undefined
  if (offsetMs !== undefined) return data.startNs + BigInt(Math.round(offsetMs * 1e6))
  const ns = parseRfc3339(text)
  if (ns !== undefined) return ns
  throw new ProblemError([
    {
      code: 'moment',
      what: `Cannot read ${flag}`,
      why: `a time is RFC 3339, HH:MM:SS (UTC) or an offset from the first span such as 60s: current value is ${JSON.stringify(text)}`,
      fix: `${flag} with 2026-11-21T03:03:10Z, 03:03:10 or 60s`,
    },
  ])
}

function extentOf(table: SpanTable): Interval {
  let start = Number.POSITIVE_INFINITY
  let end = Number.NEGATIVE_INFINITY
  for (let row = 0; row < table.length; row++) {
    const startNs = table.startNs[row]
    if (startNs < start) start = startNs
    if (startNs + table.durationNs[row] > end) end = startNs + table.durationNs[row]
  }
  if (table.length === 0) return { startNs: table.epochNs, endNs: table.epochNs }
  return { startNs: table.epochNs + BigInt(Math.floor(start)), endNs: table.epochNs + BigInt(Math.ceil(end)) }
}

function noWindow(table: SpanTable): Problem {
  const change = largestChange(table)
  const at = change === undefined ? undefined : new Date(Number(change.atNs / 1_000_000n)).toISOString()
  const hint =
    change === undefined
      ? 'the traces are too short to guess one'
      : `the largest change is at ${at} (errors ${percentText(change.errorShareBefore)} → ${percentText(change.errorShareAfter)}, mean ${durationText(change.meanMsBefore)} → ${durationText(change.meanMsAfter)})`
  return {
    code: 'no-window',
    what: 'Cannot tell the fault from the baseline',
    why: `an analysis needs a fault window, and none was given: ${hint}`,
    fix:
      at === undefined
        ? '--windows case.json, or --fault "payment latency +500ms @ 60s..120s"'
        : `--split ${at}, or --windows case.json, or --fault "<service> <what> @ <from>..<to>"`,
  }
}
