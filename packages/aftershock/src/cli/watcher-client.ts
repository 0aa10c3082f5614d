import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'

/** A running `aftershock watch`. */
export type WatcherClient = {
  readonly url: string
  /** @throws ProblemError (exit 4) when it does not answer, or does not let us in */
  get<T>(path: string, signal?: AbortSignal): Promise<T>
}

export const WATCHER_TOKEN = 'AFTERSHOCK_WATCHER_TOKEN'

/** @param url - as far as the port; the token stands in AFTERSHOCK_WATCHER_TOKEN */
export function watcherAt(url: string, env: Readonly<Record<string, string | undefined>>): WatcherClient {
  const base = url.replace(/\/+$/, '')
  if (!/^https?:\/\//.test(base) || !URL.canParse(base))
    throw new ProblemError([
      {
        code: 'watcher-url',
        what: 'Cannot ask the watcher',
        why: `its address must be http:// or https://: current value is ${url}`,
        fix: 'kubectl -n aftershock port-forward service/aftershock-watch 4790, then http://127.0.0.1:4790',
      },
    ])
  const token = env[WATCHER_TOKEN]
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return {
    url: base,
    get: async <T>(path: string, signal?: AbortSignal): Promise<T> => {
      const asked = `${base}${path}`
      const answer = await fetch(asked, { headers, ...(signal !== undefined && { signal }) }).catch(
        (error: unknown) => {
          const cause = error instanceof Error ? (error.cause ?? error) : error
          throw refused(asked, `it must answer: ${errorText(cause)}`)
        },
      )
      const text = await answer.text()
      if (answer.status === 401) throw refused(asked, 'it asks for its token', `set ${WATCHER_TOKEN}`)
      if (!answer.ok) throw refused(asked, `it answers ${answer.status}: ${errorIn(text)}`)
      return JSON.parse(text) as T
    },
  }
}

function refused(url: string, why: string, fix?: string): ProblemError {
  const problem = { code: 'watcher', what: 'Cannot ask the watcher', where: { file: url }, why, fix }
  return new ProblemError([problem], 4)
}

function errorIn(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly error?: string }).error ?? text)
  } catch {
    return text.slice(0, 200)
  }
}
