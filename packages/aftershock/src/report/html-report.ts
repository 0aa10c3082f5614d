import { shareText } from '../model/numbers.ts'
import type { RunResult, TraceFull } from '../model/result.ts'
import { unturned } from './printable.ts'
import type { Inside, ReportPayload, ReportView } from './report-view.ts'
import { VERDICT_GLYPHS } from './words.ts'

/** What the web package built, and what a pure module may not do itself. */
export type ReportAssets = {
  /** The page as HTML, readable without scripts (`packages/web`, ssr.js). */
  readonly render: (view: ReportView) => string
  /** The application as a classic script. */
  readonly appJs: string
  readonly css: string
  readonly gzip: (bytes: Uint8Array) => Uint8Array
  /** Base64 of the SHA-256 of a text in UTF-8. */
  readonly sha256Base64: (text: string) => string
}

export type HtmlOptions = {
  readonly bytesMax: number
  /** Where all traces are, relative to the report. */
  readonly sideFile: string | undefined
}

const DEFAULTS: HtmlOptions = { bytesMax: 1_000_000, sideFile: 'traces.otlp.jsonl.gz' }
/** A list of ids is for machines, who read result.json; the page shows the newest of it at most. */
const AFFECTED_MAX = 2000

/**
 * `report.html`: one file that opens without a network, runs nothing but its own two hashed blocks, and
 * stays within `bytesMax` by leaving traces out (the last ones first) and, only then, other long lists.
 *
 * @param traces - evidence, the most telling first
 */
export function htmlReport(
  result: RunResult,
  traces: readonly TraceFull[],
  assets: ReportAssets,
  asked: Partial<HtmlOptions> = {},
): string {
  const options = { ...DEFAULTS, ...asked }
  let kept = traces
  let shown = shortened(result, AFFECTED_MAX)
  for (;;) {
    const html = page(shown, kept, assets, options)
    const over = bytesOf(html) - options.bytesMax
    if (over <= 0) return html
    if (kept.length > 0) kept = kept.slice(0, fewer(kept, over, assets))
    else if (shown.traces.length > 0 || shown.journal.length > 50)
      shown = shortened({ ...shown, journal: shown.journal.slice(-50) }, 0)
    else return html
  }
}

/** `--report-dir`: the same page as files of their own, for servers whose policy allows no inlined script. */
export type ReportFolder = Readonly<Record<'index.html' | 'report.js' | 'report.css' | 'report.svg', string>>

/**
 * A report that works under `default-src 'self'` and, its script being a classic one, from `file://` too.
 *
 * @param traces - evidence, all of which goes in: a folder has no limit of size
 */
export function htmlReportFolder(
  result: RunResult,
  traces: readonly TraceFull[],
  assets: ReportAssets,
): ReportFolder {
  const options = { bytesMax: Number.MAX_SAFE_INTEGER, sideFile: undefined }
  const shown = shortened(result, AFFECTED_MAX)
  const view = viewOf(shown, traces, options)
  const whole = { ...view, inside: { ...view.inside, bytes: undefined } }
  const head = [
    `<link rel="icon" href="report.svg">`,
    `<link rel="stylesheet" href="report.css">`,
    `<script defer src="report.js"></script>`,
  ]
  return {
    'index.html': document(whole, traces, assets, head, []),
    'report.js': assets.appJs,
    'report.css': assets.css,
    'report.svg': iconSvg(result.run.verdict),
  }
}

function shortened(result: RunResult, affectedMax: number): RunResult {
  return result.traces.length <= affectedMax
    ? result
    : { ...result, traces: result.traces.slice(0, affectedMax) }
}

/** How many traces to keep so that about `over` bytes go; at least one goes each time. */
function fewer(traces: readonly TraceFull[], over: number, assets: ReportAssets): number {
  let freed = 0
  let count = traces.length
  while (count > 0 && freed < over) {
    count -= 1
    freed += encoded(JSON.stringify(traces[count]), assets).length
  }
  return count
}

function page(
  result: RunResult,
  traces: readonly TraceFull[],
  assets: ReportAssets,
  options: HtmlOptions,
): string {
  const view = viewOf(result, traces, options)
  const script = closed(assets.appJs)
  const css = assets.css.replaceAll('</', '<\\/')
  const head = [
    `<meta http-equiv="Content-Security-Policy" content="${policyOf(script, css, assets)}">`,
    `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(iconSvg(result.run.verdict))}">`,
    `<style>${css}</style>`,
  ]
  const build = (bytes: number): string =>
    document({ ...view, inside: { ...view.inside, bytes } }, traces, assets, head, [
      `<script>${script}</script>`,
    ])
  // The page states its own size: a first pass measures, the second writes what was measured.
  return build(bytesOf(build(options.bytesMax)))
}

function viewOf(result: RunResult, traces: readonly TraceFull[], options: HtmlOptions): ReportView {
  const ids = new Set(traces.map((trace) => trace.traceId))
  const evidence = result.evidence.map((meta) => ({
    ...meta,
    embedded: ids.has(meta.traceId) ? ('full' as const) : ('none' as const),
  }))
  const inside: Inside = {
    traceIds: [...ids],
    tracesTotal: result.data.traces,
    bytes: options.bytesMax,
    bytesMax: options.bytesMax,
    sideFile: options.sideFile,
    redacted: [...new Set(traces.flatMap((trace) => trace.redacted ?? []))].toSorted(),
  }
  return { result: { ...result, evidence }, inside }
}

function policyOf(script: string, css: string, assets: ReportAssets): string {
  return [
    "default-src 'none'",
    `script-src 'sha256-${assets.sha256Base64(script)}'`,
    `style-src 'sha256-${assets.sha256Base64(css)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

/** @param tail - what comes after the data, which the script reads */
function document(
  view: ReportView,
  traces: readonly TraceFull[],
  assets: ReportAssets,
  head: readonly string[],
  tail: readonly string[],
): string {
  const json = unturned(JSON.stringify({ ...view, traces } satisfies ReportPayload))
  const payload = JSON.parse(json) as ReportPayload
  const { run } = payload.result
  const reach =
    run.reach === null || run.reach.total === 0
      ? run.headline
      : `${shareText(run.reach.hit, run.reach.total)} of ${run.reach.unit}`
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    ...head,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(`${VERDICT_GLYPHS[run.verdict]} ${run.name} — ${reach}`)}</title>`,
    '</head>',
    '<body>',
    `<div id="app">${assets.render(payload)}</div>`,
    `<template id="data">${encoded(json, assets)}</template>`,
    ...tail,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

/** A script that cannot end early, whatever strings it holds. */
function closed(script: string): string {
  return script.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--')
}

function iconSvg(verdict: RunResult['run']['verdict']): string {
  const colour = verdict === 'held' ? '#12702f' : verdict === 'broke' ? '#b3261e' : '#8a5a00'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="${colour}"/><text x="8" y="12" font-size="11" text-anchor="middle" fill="#fff" font-family="sans-serif">${VERDICT_GLYPHS[verdict]}</text></svg>`
}

function encoded(json: string, assets: ReportAssets): string {
  return base64(assets.gzip(new TextEncoder().encode(json)))
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return btoa(binary)
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}
