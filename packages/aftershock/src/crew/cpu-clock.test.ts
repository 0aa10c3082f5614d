import { expect, onTestFinished, test } from 'vitest'
import { cpuClock } from './cpu-clock.ts'

test('cpuClock() tells what went by since it was last asked', () => {
  const clock = cpuClock()
  expect(clock()).toBeGreaterThanOrEqual(0)
  expect(clock()).toBeGreaterThanOrEqual(0)
})

test('cpuClock() tells wall time with a Node that does not tell the CPU of a thread', () => {
  const { threadCpuUsage } = process
  onTestFinished(() => {
    process.threadCpuUsage = threadCpuUsage
  })
  Reflect.deleteProperty(process, 'threadCpuUsage')
  expect(process.threadCpuUsage).toBeUndefined()
  const from = performance.now()
  const clock = cpuClock()
  while (performance.now() < from + 2);
  expect(clock()).toBeGreaterThan(0)
})
