import { expect, test } from 'vitest'
import type { ProgressTick } from '../engine/ports.ts'
import { kept, progressOn } from './progress.ts'
import { plainOutput } from './test-support/plain-output.ts'

const tick = (
  phase: ProgressTick['phase'],
  elapsedMs: number,
  totalMs: number | undefined,
): ProgressTick => ({
  phase,
  elapsedMs,
  totalMs,
  users: { requests: 100, errors: 31, p50Ms: 20, p95Ms: 98.4, p99Ms: 120 },
  effects: phase === 'chaos' ? [{ label: 'payment +500 ms', seen: 12, eligible: 14, unit: 'calls' }] : [],
})

test('progressOn() a pipe writes a line a phase, not a line a second, and no escape byte', () => {
  const err = plainOutput()
  const progress = progressOn(err, 'normal')
  for (const second of [4, 5, 6]) progress.tick(tick('baseline', second * 1_000, 20_000))
  for (const second of [0, 1, 2]) progress.tick(tick('chaos', second * 1_000, 20_000))
  const lines = err.text().trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d phase baseline {3}4\/20 s {2}100 answers in 4 s, errors 31 % {2}p95 98 ms$/,
  )
  expect(lines[1]).toMatch(/phase chaos .*payment \+500 ms: met by 12 of 14 calls$/)
  expect(err.text()).not.toContain('\u001b')
})

test('progressOn() a terminal repaints one line, within its width, and keeps what is done', () => {
  const err = plainOutput({ isTty: true, columns: 60 })
  const progress = progressOn(err, 'normal')
  progress.tick(tick('chaos', 10_000, 20_000))
  progress.done('chaos 20 s')
  progress.end()
  const [painted = '', kept = ''] = err.text().split('\r\u001b[2K').slice(1)
  expect(painted.length).toBeLessThan(60)
  expect(painted).toMatch(/⚡ chaos {6}██████░░░░░░ 10\/20 s/)
  expect(kept).toBe('  ✓ chaos 20 s\n')
})

test('progressOn() a terminal without UTF-8 writes ASCII only', () => {
  const err = plainOutput({ isTty: true, unicode: false })
  progressOn(err, 'normal').tick(tick('chaos', 10_000, 20_000))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape bytes of the repaint are meant
  expect(err.text()).toMatch(/^[\u0000-\u007f]*$/)
})

test('progressOn() says that it waits for users when nobody knows how long', () => {
  const err = plainOutput()
  progressOn(err, 'normal').tick(tick('recovery', 3_000, undefined))
  expect(err.text()).toContain('3 s, waiting until users are back')
})

test('progressOn() is silent when quiet, but for warnings', () => {
  const err = plainOutput()
  const progress = progressOn(err, 'quiet')
  progress.tick(tick('baseline', 0, 1))
  progress.done('x')
  progress.waiting('y')
  progress.warn('the fault may still be active')
  expect(err.text()).toBe('! the fault may still be active\n')
})

test('kept() writes steps, warnings and phases into the log as well, and no heartbeat', () => {
  const err = plainOutput()
  const log: string[] = []
  const progress = kept(progressOn(err, 'quiet'), (text) => log.push(text))
  progress.done('2 services up')
  progress.warn('SIGTERM: removing faults')
  for (const second of [4, 5, 6]) progress.tick(tick('chaos', second * 1_000, 20_000))
  expect(log).toEqual(['2 services up', 'warning: SIGTERM: removing faults', 'phase chaos'])
  expect(err.text()).toBe('! SIGTERM: removing faults\n')
})

test('kept() goes on when the log cannot be written', () => {
  const err = plainOutput()
  const full = (): never => {
    throw new Error('no space left')
  }
  kept(progressOn(err, 'normal'), full).done('up')
  expect(err.text()).toContain('up')
})
