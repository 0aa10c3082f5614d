import { useEffect, useState } from 'preact/hooks'
import type { TraceFull } from '../../../aftershock/src/model/result.ts'
import type { DataSource } from '../data-source.ts'

export type LoadedTrace =
  | { readonly state: 'loading' }
  | { readonly state: 'absent'; readonly why: string }
  | { readonly state: 'here'; readonly trace: TraceFull }

/** A trace from wherever the page has its data. */
export function useTrace(source: DataSource, traceId: string): LoadedTrace {
  const [loaded, setLoaded] = useState<LoadedTrace>({ state: 'loading' })
  useEffect(() => {
    let asked = true
    source.trace(traceId).then(
      (trace) => {
        if (asked)
          setLoaded(
            trace === undefined
              ? { state: 'absent', why: 'it is not inside this file' }
              : { state: 'here', trace },
          )
      },
      (error: unknown) => {
        if (asked) setLoaded({ state: 'absent', why: String(error) })
      },
    )
    return () => {
      asked = false
    }
  }, [source, traceId])
  return loaded
}
