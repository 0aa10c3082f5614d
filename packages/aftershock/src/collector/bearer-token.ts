import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether an `Authorization` header carries the token; true for all when there is none. Constant time. */
export function tokenCheck(token: string | undefined): (header: string | undefined) => boolean {
  if (token === undefined || token === '') return () => true
  const expected = digest(`Bearer ${token}`)
  return (header) => timingSafeEqual(digest(header ?? ''), expected)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
