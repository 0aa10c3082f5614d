import { defineConfig } from 'vitest/config'

// They end what hangs, and are no measure of the machine: the slowest takes a tenth of them on an idle one.
const limits = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
}
const longLimits = { ...limits, testTimeout: 240_000, hookTimeout: 240_000 }

// `unit`: beside the code, no processes of ours. `browser`: reports and the live UI. `e2e`: the built CLI, the demo
// shop. One group after the other: Vitest wants one number of workers within each.
export default defineConfig({
  test: {
    globalSetup: ['test/temporary-files.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/**/src/**/*.test.ts', 'test/*.test.ts'],
          ...limits,
          setupFiles: ['test/setup.ts'],
          // Of two cores Vitest would leave one alone.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/setup.ts'],
          ...longLimits,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          retry: process.env.CI === undefined ? 0 : 1,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          ...longLimits,
          // Runs mostly wait, and are timed: two at a time within a file, and no other file beside.
          fileParallelism: false,
          maxConcurrency: 2,
          sequence: { groupOrder: 2 },
          // Real processes on a machine that may be busy: once more in CI, and the report says so.
          retry: process.env.CI === undefined ? 0 : 1,
        },
      },
      {
        // A real kube-apiserver: `npm run test:kubernetes` builds it; elsewhere these are skipped, loudly.
        test: {
          name: 'kubernetes',
          include: ['test/kubernetes/**/*.test.ts'],
          ...limits,
          // Each file has a control plane of its own, and most of its time is waiting.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
          retry: process.env.CI === undefined ? 0 : 1,
        },
      },
    ],
  },
})
