/**
 * A path or name without the parts that name one thing: numbers, ids, hashes become `{}`; query and
 * fragment go. So calls for different things compare as one operation.
 */
export function templateOf(text: string): string {
  const end = text.search(/[?#]/)
  const path = end === -1 ? text : text.slice(0, end)
  if (!path.includes('/') && !/\d/.test(path)) return path
  return path
    .split('/')
    .map((part) => (namesOneThing(part) ? '{}' : part))
    .join('/')
}

function namesOneThing(part: string): boolean {
  if (part === '') return false
  if (/^\d+$/.test(part)) return true
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(part)) return true
  if (/^[0-9a-f]{16,}$/i.test(part)) return true
  if (/%[0-9a-f]{2}/i.test(part)) return true
  // Words with several digits are ids (order-10293, D1345) more often than versions (v1, oauth2).
  return (part.match(/\d/g)?.length ?? 0) >= 3
}
