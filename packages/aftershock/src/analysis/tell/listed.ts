import { groupedNumber } from '../findings/occurrences.ts'

const TEXTS_MAX = 8

/** Of many the first, and how many more. */
export function listed(texts: readonly string[]): string {
  const more = texts.length - TEXTS_MAX
  return [...texts.slice(0, TEXTS_MAX), ...(more <= 0 ? [] : [`${groupedNumber(more)} more`])].join(', ')
}
