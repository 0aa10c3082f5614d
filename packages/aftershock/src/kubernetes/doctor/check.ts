import { ApiError } from '../api-error.ts'

/** One thing that was looked at: what, what was seen, and what to paste where it is bad. */
export type Check = {
  readonly state: 'ok' | 'bad' | 'skip'
  readonly what: string
  readonly seen?: readonly string[]
  readonly fix?: string
}

/** What we may not see, or what does not exist, is no failure of the cluster: it is skipped with the reason. */
export async function looked(what: string, look: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 403) return [{ state: 'skip', what: `${what}: not visible`, seen: [error.message] }]
    return [{ state: 'bad', what, seen: [error.message] }]
  }
}

/** At most so many lines of one kind; the rest is counted. */
export function shortened(lines: readonly string[], max = 5): readonly string[] {
  return lines.length <= max ? lines : [...lines.slice(0, max), `and ${lines.length - max} more`]
}
