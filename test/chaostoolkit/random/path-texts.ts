import type { Choose } from './choose.ts'
import { KEYS, SCALARS } from './texts.ts'

/** A path of jsonpath2's dialect, near it, or out of it. */
export function pathText(c: Choose, depth = 2): string {
  return `${c.once(30) ? c.of(['@', '', 'a']) : '$'}${c.list(4, () => stepText(c, depth)).join('')}`
}

function stepText(c: Choose, depth: number): string {
  const key = () => c.of(KEYS)
  switch (c.below(depth === 0 ? 8 : 13)) {
    case 0:
    case 1:
      return `.${c.of(['a', 'b', 'c', 'status', 'body', 'x-y', '10', 'and'])}`
    case 2:
      return `["${key()}"]`
    case 3:
      return `[${c.of(['0', '1', '-1', '5', '-9', '1.0', "'a'", '"a","b"', '0,1', '*', '', '"10"', '10'])}]`
    case 4:
      return `[${c.of([':', '1:', ':1', '::2', '-2:', '::-1', '0:2', '1:0', '::0', '5:', '2:0:-1'])}]`
    case 5:
      return c.of(['.*', '[*]', '..*', '..a', '..b', '..["a"]', '..[0]', '..[*]'])
    case 6:
      return `[${c.of(['length()', 'keys()', 'values()', 'entries()', 'charAt(0)', 'charAt(9)', 'substring(1)', 'substring(0, 1)', 'substring()', 'nothing()', 'charAt("a")', 'length(1)'])}]`
    case 7:
      return c.of(['.*', '[*]', '.a'])
    case 8:
      return `[${c.of(['@', '$'])}${c.of(['.a', '.b', '["10"]', '', '[0]', '.*'])}]`
    case 9:
    case 10:
      return `[?(${expressionText(c, depth - 1)})]`
    default:
      return `${c.of(['.*', '[*]', '..*'])}[?(${expressionText(c, depth - 1)})]`
  }
}

function expressionText(c: Choose, depth: number): string {
  const operand = () =>
    c.once(2) ? c.of(['@', '$']) + c.list(2, () => stepText(c, 0)).join('') : c.of(SCALARS.slice(0, 26))
  const compare = () => `${operand()} ${c.of(['=', '!=', '<', '<=', '>', '>=', '=', '=='])} ${operand()}`
  const one = () =>
    c.of([
      compare(),
      compare(),
      `@${stepText(c, 0)}`,
      `not ${compare()}`,
      `not (@.a)`,
      `(${compare()})`,
      operand(),
    ])
  if (depth === 0 || c.once(2)) return one()
  return [one(), one(), one()].slice(c.below(2)).join(c.of([' and ', ' or ', ' and ', '&&']))
}
