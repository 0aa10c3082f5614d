import { defineConfig } from 'vitest/config'

// `unit`: beside the code, no processes of ours. `e2e`: the built CLI, the demo shop, a browser.
export default defineConfig({
  test: {
    globalSetup: ['test/temporary-files.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/**/src/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 30_000,
          setupFiles: ['test/setup.ts'],
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // Real processes on a machine that may be busy: once more in CI, and the report says so.
          retry: process.env.CI === undefined ? 0 : 1,
        },
      },
      {
        // A real kube-apiserver: `npm run test:kubernetes` builds it; elsewhere these are skipped, loudly.
        test: {
          name: 'kubernetes',
          include: ['test/kubernetes/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each file has a control plane of its own, and most of its time is waiting.
          maxWorkers: 2,
          // Vitest asks for it beside projects with another number of workers.
          sequence: { groupOrder: 1 },
          retry: process.env.CI === undefined ? 0 : 1,
        },
      },
    ],
  },
})
