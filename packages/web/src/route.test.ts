import { expect, test } from 'vitest'
import { hrefOf, NO_FILTER, parseHash, type Route } from './route.ts'

const ROUTES: readonly Route[] = [
  { page: 'overview' },
  { page: 'overview', step: 3 },
  { page: 'overview', service: 'a/b c%' },
  { page: 'trace', traceId: '65b6', spanId: 'f1' },
  { page: 'traces', filter: { ...NO_FILTER, phase: 'chaos', text: 'a&b=c #?' } },
  { page: 'diff', a: 'e407', b: '65b6' },
  { page: 'experiment' },
  { page: 'about' },
]

test('parseHash() restores each view from its link', () => {
  for (const route of ROUTES) expect(parseHash(hrefOf(route))).toEqual(route)
})

test('parseHash() shows the overview for what it does not know', () => {
  for (const hash of ['', '#', '#main', '#/nowhere', '#/trace/', '#/%E0%A4%A'])
    expect(parseHash(hash).page).toBe('overview')
})
