import { renderToString } from 'preact-render-to-string'
import type { ReportView } from '../../aftershock/src/report/report-view.ts'
import { Report } from './report.tsx'

/** The overview as HTML: what a reader without scripts sees, and what the script takes over. */
export function render(view: ReportView): string {
  const source = { view: async () => view, trace: async () => undefined }
  return renderToString(<Report view={view} source={source} />)
}
