import type { ChaosLog } from '../../engine/chaos-toolkit/log.ts'
import type { RunFolder } from '../../engine/run-folder.ts'
import type { ProgressLine } from '../progress.ts'

/** What the experiment says: all of it into the run's log, what needs attention beside the progress as well. */
export function runLog(folder: Pick<RunFolder, 'log'>, progress: Pick<ProgressLine, 'warn'>): ChaosLog {
  const keep = (level: string) => (message: string) => folder.log(`[${level}] ${message}`)
  const tell = (level: string) => (message: string) => {
    folder.log(`[${level}] ${message}`)
    progress.warn(message)
  }
  return {
    debug: keep('debug'),
    info: keep('info'),
    warning: tell('warning'),
    error: tell('error'),
    critical: tell('critical'),
  }
}
