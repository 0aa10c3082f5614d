import type { Step } from '../model/result.ts'
import { offsetText } from './numbers.ts'
import { cutTo, padTo, printable, widthOf, wrap } from './printable.ts'
import { faint, type Line, plural, type Style } from './text-line.ts'
import { STEP_GLYPHS, stepSaid } from './words.ts'

const STEP_SHOWN_MAX = 8

/** The chain: number, time and text on the left, counts on the right, or below where it is narrow. */
export function stepLines(chain: readonly Step[], width: number, detail: 'wrapped' | 'cut'): readonly Line[] {
  if (chain.length === 0) return []
  const shown = chain.slice(0, STEP_SHOWN_MAX)
  const atWidth = Math.max(...shown.map((step) => offsetText(step.at).length))
  const head = 4 + atWidth + 2 + 3
  const wide = width >= 72
  const textWidth = wide
    ? Math.min(
        Math.max(...shown.map((step) => widthOf(printable(step.text)))),
        Math.floor((width - head) * 0.58),
      )
    : width - head
  const lines = shown.flatMap((step) => {
    const texts =
      detail === 'cut' && wide
        ? [cutTo(printable(step.text), textWidth)]
        : wrap(printable(step.text), textWidth)
    const room = wide ? width - head - textWidth - 2 : width - head
    const facts = detail === 'cut' ? [cutTo(stepFacts(step), room)] : wrap(stepFacts(step), room)
    if (wide) return besides(step, texts, facts, atWidth, textWidth)
    return below(step, texts, detail === 'cut' ? [] : facts, atWidth)
  })
  const more = chain.length - shown.length
  return [
    ['  ', { style: 'strong', text: 'How it spread' }],
    ...lines,
    ...(more > 0 ? [[faint(`  … ${plural(more, 'more step')}`)]] : []),
    [],
  ]
}

function stepHead(step: Step, atWidth: number): Line {
  const glyph = STEP_GLYPHS[step.kind]
  const style: Style =
    step.kind === 'inject' ? 'fault' : step.kind === 'user' || step.kind === 'error' ? 'bad' : 'warn'
  return [
    `${String(step.n).padStart(3)} `,
    faint(offsetText(step.at).padStart(atWidth)),
    '  ',
    { style, text: padTo(glyph, 3) },
  ]
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
  return printable(step.grade === 'observed' ? said : `${said}; ${step.grade}: ${step.rule.text}`)
}
