import { offsetText } from '../model/numbers.ts'
import type { Step } from '../model/result.ts'
import { padTo, printable, widthOf, wrap } from './printable.ts'
import { faint, type Line, plural, type Style } from './text-line.ts'
import { stepCount, stepGlyph, stepSaid } from './words.ts'

export type StepDetail = {
  /** `short`: one line of facts a step, by leaving out what matters least. */
  readonly form: 'wrapped' | 'short'
  /** Of a longer chain the middle is left out: the fault and the users are always there. */
  readonly stepsMax: number
}

/** The chain: number, time and text on the left, counts on the right, or below where it is narrow. */
export function stepLines(chain: readonly Step[], width: number, detail: StepDetail): readonly Line[] {
  if (chain.length === 0) return []
  const [head, last] = shownOf(chain, detail.stepsMax)
  const atWidth = Math.max(...[...head, ...last].map((step) => offsetText(step.at).length))
  const indent = 4 + atWidth + 2 + 3
  const wide = width >= 72
  const textWidth = wide
    ? textColumn([...head, ...last], Math.floor((width - indent) * 0.58))
    : width - indent
  const linesOf = (step: Step): readonly Line[] => {
    const short = detail.form === 'short'
    const text = printable(step.text)
    const texts = wrap(text, textWidth)
    const room = wide ? width - indent - textWidth - 2 : width - indent
    if (wide)
      return besides(
        step,
        texts,
        wrap(short ? shortFacts(step, room) : stepFacts(step), room),
        atWidth,
        textWidth,
      )
    return below(step, texts, short ? [] : wrap(stepFacts(step), room), atWidth)
  }
  const more = chain.length - head.length - last.length
  return [
    ['  ', { style: 'strong', text: 'How it spread' }],
    ...head.flatMap(linesOf),
    ...(more > 0 ? [[faint(`${' '.repeat(indent)}… ${plural(more, 'more step')}`)]] : []),
    ...last.flatMap(linesOf),
    [],
  ]
}

/** As wide as the longest text that stays on its line; the few that do not are wrapped for the others' sake. */
function textColumn(steps: readonly Step[], most: number): number {
  const widths = steps.map((step) => widthOf(printable(step.text)))
  const least = Math.min(most, TEXT_COLUMNS_MIN, Math.max(...widths))
  return Math.max(least, ...widths.filter((width) => width <= most))
}

const TEXT_COLUMNS_MIN = 40

function shownOf(chain: readonly Step[], most: number): readonly [readonly Step[], readonly Step[]] {
  // A line that says "1 more step" would be no shorter than the step.
  return chain.length <= most + 1 ? [chain, []] : [chain.slice(0, most - 1), chain.slice(-1)]
}

function stepHead(step: Step, atWidth: number): Line {
  const glyph = stepGlyph(step)
  const style = styleOf(step)
  return [
    `${String(step.n).padStart(3)} `,
    faint(offsetText(step.at).padStart(atWidth)),
    '  ',
    { style, text: padTo(glyph, 3) },
  ]
}

function styleOf({ kind, rule }: Step): Style {
  if (rule.id === 'user.absorbed') return 'good'
  if (rule.id === 'user.late') return 'warn'
  return kind === 'inject' ? 'fault' : kind === 'user' || kind === 'error' ? 'bad' : 'warn'
}

function besides(
  step: Step,
  texts: readonly string[],
  facts: readonly string[],
  atWidth: number,
  textWidth: number,
): readonly Line[] {
  const indent = ' '.repeat(4 + atWidth + 2 + 3)
  return Array.from(
    { length: Math.max(texts.length, facts.length) },
    (_, i): Line => [
      ...(i === 0 ? stepHead(step, atWidth) : [indent]),
      padTo(texts[i] ?? '', textWidth),
      '  ',
      faint(facts[i] ?? ''),
    ],
  )
}

function below(
  step: Step,
  texts: readonly string[],
  facts: readonly string[],
  atWidth: number,
): readonly Line[] {
  const indent = ' '.repeat(4 + atWidth + 2 + 3)
  return [...texts.map((text): Line => [text]), ...facts.map((text): Line => [faint(text)])].map(
    (line, i): Line => [...(i === 0 ? stepHead(step, atWidth) : [indent]), ...line],
  )
}

/** Count with its unit, what else is known, and the rule where it was not seen outright. */
export function stepFacts(step: Step): string {
  const said = stepSaid(step)
  const isReasoned = step.grade === 'observed' || said.includes(`${step.grade}: `)
  return printable(isReasoned ? said : `${said}; ${step.grade}: ${step.rule.text}`)
}

/** As many of the facts as fit, whole ones; the grade stays. */
function shortFacts(step: Step, room: number): string {
  const full = stepFacts(step)
  if (widthOf(full) <= room) return full
  const grade = step.grade === 'observed' ? '' : `; ${step.grade}`
  if (widthOf(printable(stepSaid(step)) + grade) <= room) return printable(stepSaid(step)) + grade
  const facts = printable(stepSaid(step)).split(/(?= · |, (?!\d{3}\b)|; |: )/)
  for (let kept = facts.length; kept > 0; kept--) {
    const text = `${facts.slice(0, kept).join('')}${grade}`
    if (widthOf(text) <= room) return text
  }
  return `${printable(stepCount(step))}${grade}`
}
