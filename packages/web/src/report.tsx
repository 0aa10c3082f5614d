import type { ReportView } from '../../aftershock/src/report/report-view.ts'
import { AboutPage } from './about.tsx'
import type { DataSource } from './data-source.ts'
import { ExperimentPage } from './experiment.tsx'
import { Overview } from './overview/overview.tsx'
import { Page } from './page.tsx'
import { route } from './route.ts'
import { DiffPage } from './traces/diff-page.tsx'
import { TraceList } from './traces/trace-list.tsx'
import { TracePage } from './traces/trace-page.tsx'

type Props = { readonly view: ReportView; readonly source: DataSource }

/** A run: the same in report.html and in the live pages. */
export function Report({ view, source }: Props) {
  return (
    <Page view={view}>
      <Current view={view} source={source} />
    </Page>
  )
}

function Current({ view, source }: Props) {
  const at = route.value
  switch (at.page) {
    case 'traces':
      return <TraceList view={view} filter={at.filter} />
    case 'trace':
      return (
        <TracePage key={at.traceId} view={view} source={source} traceId={at.traceId} spanId={at.spanId} />
      )
    case 'diff':
      return <DiffPage view={view} source={source} a={at.a} b={at.b} />
    case 'experiment':
      return <ExperimentPage result={view.result} />
    case 'about':
      return <AboutPage view={view} />
    default:
      return <Overview view={view} step={at.step} service={at.service} />
  }
}
