import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunResult } from '../model/result.ts'
import type { TimedRunEvent } from '../model/run.ts'
import { readEvents } from './run-folder.ts'

/** A run as a list shows it; a run that never ended says so in `verdict` and `headline`. */
export type RunListing = {
  readonly id: string
  readonly name: string
  readonly startedAt: string
  readonly verdict: string
  readonly headline: string
  readonly path: string
  readonly exitCode: number | undefined
}

/** Newest first. A run whose result cannot be read is listed with the reason; the others still load. */
export function listRuns(home: string): readonly RunListing[] {
  let ids: readonly string[]
  try {
    ids = readdirSync(join(home, 'runs'))
  } catch {
    return []
  }
  return ids.map((id) => listing(home, id)).sort((a, b) => b.startedAt.localeCompare(a.startedAt))
}

function listing(home: string, id: string): RunListing {
  const path = join(home, 'runs', id)
  try {
    const { run } = JSON.parse(readFileSync(join(path, 'result.json'), 'utf8')) as RunResult
    const { name, startedAt, verdict, headline, exitCode } = run
    return { id, name, startedAt, verdict, headline, path, exitCode }
  } catch (error) {
    const events = readEvents(path)
    const started = events.find((event) => event.type === 'run-started')
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const last = events.at(-1)
    return {
      id,
      name: started?.name ?? id,
      startedAt: started?.at ?? '',
      verdict: isMissing ? 'unfinished' : 'unreadable',
      headline: isMissing
        ? withoutResult(last)
        : `Cannot read ${join(path, 'result.json')}: ${errorText(error)}`,
      path,
      exitCode: undefined,
    }
  }
}

function withoutResult(last: TimedRunEvent | undefined): string {
  if (last === undefined) return 'no result; nothing was recorded'
  if (last.type === 'run-ended') {
    if (last.verdict === 'killed') return 'no result: it was killed, and is cleaned up'
    const why = (last.why ?? 'log.txt in its folder says why').split('\n')[0] ?? ''
    return `no result, exit code ${last.exitCode}: ${why.length > 160 ? `${why.slice(0, 159)}…` : why}`
  }
  const at = last.type === 'phase' ? `${last.phase} phase` : last.type
  return `no result; last seen: ${at}, ${last.at}`
}

/** `<run>`: an id, a unique prefix, `latest` or `latest~1`. @throws ProblemError naming what there is */
export function findRun(home: string, asked: string): RunListing {
  const runs = listRuns(home)
  const back = /^latest(?:~(\d+))?$/.exec(asked)
  const found =
    back === null
      ? runs.filter((run) => run.id.startsWith(asked))
      : runs.slice(Number(back[1] ?? 0)).slice(0, 1)
  const [only] = found.length === 1 ? found : found.filter((run) => run.id === asked)
  if (only !== undefined) return only
  const known = runs.slice(0, 5).map((run) => run.id)
  throw new ProblemError([
    {
      code: found.length > 1 ? 'run-ambiguous' : 'run-unknown',
      what: `Cannot find the run \`${asked}\``,
      where: { file: join(home, 'runs') },
      why:
        found.length > 1
          ? `a prefix must fit one run: it fits ${found.map((run) => run.id).join(', ')}`
          : known.length === 0
            ? 'there are no runs yet'
            : `the newest runs are ${known.join(', ')}`,
      fix: known.length === 0 ? 'aftershock demo' : 'aftershock runs',
    },
  ])
}
