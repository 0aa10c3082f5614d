import { execFileSync } from 'node:child_process'
import type { RunResult } from '../model/result.ts'

/** Commit and branch of the folder, or undefined where there is no git. */
export function gitFacts(cwd: string): RunResult['run']['git'] | undefined {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', [...args], {
      cwd,
      encoding: 'utf8',
      timeout: 2_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    const sha = git('rev-parse', '--short', 'HEAD')
    return {
      sha,
      branch: git('rev-parse', '--abbrev-ref', 'HEAD'),
      dirty: git('status', '--porcelain') !== '',
    }
  } catch {
    return undefined
  }
}
