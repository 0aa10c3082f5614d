import { appendFileSync } from 'node:fs'
import type { RunResult } from '../model/result.ts'
import { githubCommands, githubSummary } from '../report/github.ts'
import type { Io } from './io.ts'

/** Annotations on stderr-safe lines and the job summary, where the CI is one we know. */
export function reportToCi(result: RunResult, io: Io, kind: string): void {
  const isGithub = kind === 'github' || (kind === 'auto' && io.env.GITHUB_ACTIONS === 'true')
  if (!isGithub) return
  io.err.write(githubCommands(result))
  const file = io.env.GITHUB_STEP_SUMMARY
  if (file !== undefined && file !== '') appendFileSync(file, githubSummary(result))
}
