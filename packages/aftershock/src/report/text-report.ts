import { bytesText, durationText } from '../model/numbers.ts'
import type { RunResult, Step, VerdictReason } from '../model/result.ts'
import { asciiOnly, cutTo, padTo, printable, widthOf, wrap } from './printable.ts'
import { factLines } from './text-facts.ts'
import { faint, type Line, plural, type Style } from './text-line.ts'
import { type StepDetail, stepLines } from './text-steps.ts'
import {
  faultsLeft,
  hypothesesFailedFirst,
  notesWorstFirst,
  otherReasons,
  recoverySentence,
  shortTraceId,
  VERDICT_GLYPHS,
  VERDICT_WORDS,
  worstTrace,
} from './words.ts'

export type { Style } from './text-line.ts'

export type TextOptions = {
  /** Columns of the terminal; more than 100 are not used. */
  readonly width: number
  readonly signs: 'unicode' | 'ascii'
  /** Colours a text; the caller decides by the stream it writes to (`NO_COLOR`, pipes). */
  readonly style: (style: Style, text: string) => string
  /** `first-line` for `-q`; `analysed` for a result made from traces that somebody else's run left. */
  readonly form: 'full' | 'first-line' | 'analysed'
  /** What was written, for the lines at the end. */
  readonly report?: { readonly path: string; readonly bytes: number } | undefined
  /** How the command is called here: `npx aftershock` where npm runs it. */
  readonly invoked?: 'aftershock' | 'npx aftershock' | undefined
}

const WIDTH_MAX = 100
const WIDTH_MIN = 40
const LINES_MAX = 30

/** How much is said; the first of these that fits is taken. */
type Detail = StepDetail & { readonly hypothesesMax: number; readonly factLinesMax: number }

const DETAILS: readonly Detail[] = [
  { form: 'wrapped', stepsMax: 9, hypothesesMax: 10, factLinesMax: 4 },
  { form: 'short', stepsMax: 9, hypothesesMax: 10, factLinesMax: 2 },
  { form: 'short', stepsMax: 9, hypothesesMax: 6, factLinesMax: 1 },
  { form: 'short', stepsMax: 6, hypothesesMax: 3, factLinesMax: 1 },
]

/**
 * A run as a terminal shows it: verdict, sentence, chain, hypotheses, defences, recovery, next commands.
 * At most 30 lines and 100 columns; ends with a newline. Names out of traces cannot move the cursor.
 */
export function textReport(result: RunResult, options: TextOptions): string {
  const width = Math.max(WIDTH_MIN, Math.min(options.width, WIDTH_MAX))
  const lines = options.form === 'first-line' ? [firstLine(result, width)] : fitted(result, options, width)
  return `${lines.map((line) => print(line, options)).join('\n')}\n`
}

function print(line: Line, options: TextOptions): string {
  const sign = (text: string): string => (options.signs === 'ascii' ? asciiOnly(text) : text)
  return line
    .map((piece) => (typeof piece === 'string' ? sign(piece) : options.style(piece.style, sign(piece.text))))
    .join('')
    .trimEnd()
}

/** Says less until it fits; what to do next is never left out. */
function fitted(result: RunResult, options: TextOptions, width: number): readonly Line[] {
  const next = nextLines(result, options, width)
  let lines: readonly Line[] = []
  for (const detail of DETAILS) {
    lines = withoutEmptyPairs([...bodyLines(result, options, width, detail), ...next])
    if (lines.length <= LINES_MAX) return lines
  }
  const kept = LINES_MAX - next.length - 1
  const body = lines.slice(0, lines.length - next.length)
  return [...body.slice(0, kept), [faint('  … more in the report')], ...next]
}

function bodyLines(result: RunResult, options: TextOptions, width: number, detail: Detail): readonly Line[] {
  const analysed = options.form === 'analysed'
  return [
    ...(analysed ? analysedLines(result, width) : [firstLine(result, width), []]),
    ...sentenceLines(result, width, analysed),
    ...leftLines(result, width),
    ...stepLines(result.chain, width, detail),
    ...hypothesisLines(result, width, detail.hypothesesMax),
    ...factLines(result, width, detail.factLinesMax),
  ]
}

/** Sections end with an empty line, whatever comes after them: one is enough. */
function withoutEmptyPairs(lines: readonly Line[]): readonly Line[] {
  return lines.filter((line, i) => line.length > 0 || (i > 0 && (lines[i - 1] ?? []).length > 0))
}

function firstLine(result: RunResult, width: number): Line {
  const { verdict, id, durationMs } = result.run
  const glyph = VERDICT_GLYPHS[verdict]
  const mark = `${glyph} ${VERDICT_WORDS[verdict].toUpperCase()}`
  const right = `${printable(id)} · ${durationText(Math.round(durationMs))}`
  const room = width - widthOf(mark) - widthOf(right) - 4
  const name = cutTo(printable(result.run.name), Math.max(8, room))
  return [
    { style: verdictStyle(verdict), text: mark },
    '  ',
    { style: 'strong', text: padTo(name, room) },
    '  ',
    faint(right),
  ]
}

function verdictStyle(verdict: RunResult['run']['verdict']): Style {
  return verdict === 'held' ? 'good' : verdict === 'broke' ? 'bad' : 'warn'
}

function analysedLines(result: RunResult, width: number): readonly Line[] {
  const { data } = result
  const read = `Read ${[plural(data.traces, 'trace'), plural(data.spans, 'span'), plural(data.services.length, 'service')].join(', ')} (${durationText(data.analysisMs)})`
  const notes = notesWorstFirst(result.quality)
    .filter((note) => note.level !== 'info')
    .slice(0, 4)
  const graded = result.chain.length === 0 ? '' : `  [${gradesText(result.chain)}]`
  return [
    [read],
    ...notes.map((note): Line => [{ style: 'warn', text: '! ' }, cutTo(printable(note.text), width - 2)]),
    ...wrap(`${VERDICT_GLYPHS[result.run.verdict]} ${printable(result.run.headline)}${graded}`, width).map(
      (text): Line => [{ style: verdictStyle(result.run.verdict), text }],
    ),
    [],
  ]
}

/** `3 of 5 steps observed, 2 inferred`. */
export function gradesText(chain: readonly Step[]): string {
  const of = (grade: Step['grade']): number => chain.filter((step) => step.grade === grade).length
  const others = (['inferred', 'assumed'] as const)
    .filter((grade) => of(grade) > 0)
    .map((grade) => `, ${of(grade)} ${grade}`)
  return `${of('observed')} of ${plural(chain.length, 'step')} observed${others.join('')}`
}

function sentenceLines(result: RunResult, width: number, analysed: boolean): readonly Line[] {
  const sentences = analysed ? [] : wrap(printable(result.run.headline), width - 4)
  const back = recoverySentence(result)
  const reasons =
    result.run.verdict === 'inconclusive' || result.run.verdict === 'stopped' ? otherReasons(result) : []
  const lines: readonly Line[] = [
    ...sentences.map((text): Line => ['  ', { style: 'strong', text }]),
    ...wrap(back ?? '', width - 4).flatMap((text): readonly Line[] => (text === '' ? [] : [[`  ${text}`]])),
    ...reasons
      .filter((reason) => !reason.ok && !saysTheSame(reason.text, result.run.headline))
      .slice(0, 3)
      .flatMap((reason) => wrap(`✕ ${printable(reason.text)}`, width - 4).map((text): Line => [`  ${text}`])),
    ...(result.run.verdict === 'inconclusive' && result.run.target !== 'traces'
      ? [['  next: aftershock doctor']]
      : []),
  ]
  return lines.length === 0 ? [] : [...lines, []]
}

function saysTheSame(reason: string, headline: string): boolean {
  const why = reason.replace(/^fault took effect: /, '')
  const told = headline.toLowerCase()
  return (
    [reason, why].some((said) => told.includes(said.toLowerCase())) ||
    reason.endsWith(headline.replace(/\.$/, ''))
  )
}

/** A fault that may still be there is the most important line of all. */
function leftLines(result: RunResult, width: number): readonly Line[] {
  const left = faultsLeft(result).flatMap((fault) => {
    const problem = fault.removed.at === null ? fault.removed.problem : ''
    const text = `!! could not verify that ${fault.label} is gone: ${problem}`
    return [
      ...wrap(printable(text), width - 2).map((part): Line => [{ style: 'bad', text: part }]),
      [`   remove now: aftershock stop ${printable(result.run.id)}`],
    ]
  })
  return left.length === 0 ? [] : [...left, []]
}

function hypothesisLines(result: RunResult, width: number, most: number): readonly Line[] {
  const all = hypothesesFailedFirst(result)
  if (all.length === 0) return []
  const failed = all.filter((reason) => !reason.ok)
  const shown = all.length > most ? failed.slice(0, most) : all
  const name = (reason: VerdictReason): string =>
    cutTo(printable(reason.probe ?? reason.text), Math.floor(width / 2))
  const nameWidth = Math.max(...shown.map((reason) => widthOf(name(reason))), 0)
  return [
    ['  ', { style: 'strong', text: 'Hypotheses' }],
    ...shown.map(
      (reason): Line => [
        '   ',
        reason.ok ? { style: 'good', text: '✓' } : { style: 'bad', text: '✕' },
        ` ${padTo(name(reason), nameWidth)}   `,
        printable(reason.actual === undefined ? '' : `was ${reason.actual}`),
      ],
    ),
    ...(shown.length < all.length ? [[faint(`   … ${leftOut(all, shown)}`)]] : []),
  ]
}

function leftOut(all: readonly VerdictReason[], shown: readonly VerdictReason[]): string {
  const held = all.filter((reason) => reason.ok).length
  const broke = all.length - held - shown.length
  return [...(broke > 0 ? [`${broke} more broke`] : []), ...(held > 0 ? [`${held} held`] : [])].join(', ')
}

function nextLines(result: RunResult, options: TextOptions, width: number): readonly Line[] {
  const worst = worstTrace(result)
  const invoked = options.invoked ?? 'aftershock'
  const rows: [string, string][] = []
  if (options.report !== undefined)
    rows.push([
      'report',
      `${options.report.path}   (${bytesText(options.report.bytes)}, opens without network)`,
    ])
  if (worst !== undefined && options.form === 'full')
    rows.push(['worst', `${invoked} explain ${result.run.id} --trace ${shortTraceId(worst.traceId)}`])
  if (result.run.command !== '' && options.form === 'full')
    rows.push(['again', result.run.command.replace(/^aftershock(?= )/, invoked)])
  if (rows.length === 0) return []
  return [
    [],
    ...rows.flatMap(([label, text]) =>
      pasteable(printable(text), Math.max(width - 11, 60)).map(
        (part, i): Line => ['  ', faint(padTo(i === 0 ? label : '', 9)), part],
      ),
    ),
  ]
}

/** Commands are for copying: a long one goes on in the next line, as a shell reads it. */
function pasteable(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(`${last} ${word} \\`) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((line, i) => cutTo(i < lines.length - 1 ? `${line} \\` : line, width))
}
