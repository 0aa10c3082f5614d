import fc from 'fast-check'

// In CI the same inputs each time, so that a red build is the change's fault; at a desk new ones at each run.
if (process.env.CI !== undefined && process.env.CI !== '') fc.configureGlobal({ seed: 20_261_121 })
