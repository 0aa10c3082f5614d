/** A text, and how many spans have it. */
export type NameSeen = { readonly text: string; readonly n: number }

/** So many different words at one place, each in fewer spans than `RARE_N`, name things and not kinds of things. */
const WORDS_MIN = 30
const RARE_N = 8

type Item = { readonly text: string; readonly parts: readonly string[]; readonly n: number }

/**
 * Names and paths with what they are about in them, where no pattern shows it (`/products/blue-suede-shoes`, a user's
 * name): at a place where the same beginning goes on in dozens of ways that are each seldom, those become `{}`. Ways
 * that are often gone keep their names (`/users/me`): they can be compared by themselves.
 *
 * @returns text → its template, for those that change
 */
export function openEndedNames(seen: readonly NameSeen[]): ReadonlyMap<string, string> {
  const templates = new Map<string, string>()
  if (seen.length < WORDS_MIN) return templates
  const items = seen.map(({ text, n }): Item => ({ text, parts: text.split(/([/ ])/), n }))
  closeOff(items, 0, [], templates)
  return templates
}

/** All of these have the same parts up to `depth`, `{}` for what was closed off. */
function closeOff(
  items: readonly Item[],
  depth: number,
  begun: readonly string[],
  templates: Map<string, string>,
): void {
  const ways = Map.groupBy(items, ({ parts }) => parts[depth])
  const rare: Item[] = []
  let words = 0
  for (const [word, some] of ways) {
    if (word === undefined || isSeparator(word) || some.reduce((sum, { n }) => sum + n, 0) >= RARE_N) continue
    rare.push(...some)
    words += 1
  }
  const isOpen = words >= WORDS_MIN
  const closed = new Set(isOpen ? rare : [])
  if (isOpen) closeOff(rare, depth + 1, [...begun, '{}'], templates)
  for (const [word, some] of ways) {
    const rest = isOpen ? some.filter((item) => !closed.has(item)) : some
    if (rest.length === 0) continue
    if (word !== undefined) closeOff(rest, depth + 1, [...begun, word], templates)
    else for (const { text } of rest) if (text !== begun.join('')) templates.set(text, begun.join(''))
  }
}

function isSeparator(word: string): boolean {
  return word === '/' || word === ' ' || word === ''
}
