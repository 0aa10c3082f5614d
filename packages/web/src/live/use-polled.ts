import { useEffect, useState } from 'preact/hooks'
import { errorText } from '../../../aftershock/src/model/error-text.ts'

const EVERY_MS = 3000

/** What a reading gave last, and why the newest one failed; read again every 3 s while the page is there. */
export function usePolled<T>(read: () => Promise<T>): {
  readonly value: T | undefined
  readonly problem: string | undefined
} {
  const [value, setValue] = useState<T | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  useEffect(() => {
    const again = (): Promise<void> =>
      read().then(
        (found) => {
          setValue(found)
          setProblem(undefined)
        },
        (error: unknown) => setProblem(errorText(error)),
      )
    void again()
    const timer = setInterval(again, EVERY_MS)
    return () => clearInterval(timer)
  }, [read])
  return { value, problem }
}
