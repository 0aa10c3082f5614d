import { expect, test } from 'vitest'
import type { ClusterWindowJson } from '../../../aftershock/src/model/cluster-experiment.ts'
import { forceText, targetsText } from './cluster.tsx'

const bound = { at: '2026-11-21T10:00:00.000000000Z', by: 'event' }
const window = (pod: string, more: Partial<ClusterWindowJson> = {}): ClusterWindowJson => ({
  recordId: `shop/${pod}`,
  role: 'target',
  round: 1,
  instant: false,
  target: { namespace: 'shop', pod },
  start: { earliest: bound, latest: bound },
  certain: { start: '2026-11-21T10:00:01.5Z', end: '2026-11-21T10:00:31Z' },
  possible: { start: '2026-11-21T10:00:00Z', end: '2026-11-21T10:00:32Z' },
  holes: [],
  ...more,
})

test('targets are named once, peers apart, and many are counted', () => {
  expect(targetsText([])).toBe('none')
  expect(targetsText([window('a'), window('a', { round: 2 }), window('b', { role: 'peer' })])).toBe(
    'a; peers b',
  )
  expect(targetsText(['a', 'b', 'c', 'd', 'e'].map((pod) => window(pod)))).toBe('a, b, c and 2 more')
})

test('in force from the first certain start to the last certain end, open while one goes on', () => {
  expect(forceText([])).toBe('–')
  expect(forceText([window('a', { certain: undefined })])).toBe('at no time for sure')
  const later = window('b', { certain: { start: '2026-11-21T10:00:03Z', end: '2026-11-21T10:01:00Z' } })
  expect(forceText([later, window('a')])).toBe('2026-11-21 10:00:01 UTC to 2026-11-21 10:01:00 UTC')
  const open = window('c', { certain: { start: '2026-11-21T10:00:03Z' } })
  expect(forceText([open, window('a')])).toBe('2026-11-21 10:00:01 UTC to now')
})
