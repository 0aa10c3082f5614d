import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { errorText } from '../../../aftershock/src/model/error-text.ts'
import type { ReportView } from '../../../aftershock/src/report/report-view.ts'
import { apiSource, apiToken, type DataSource } from '../data-source.ts'
import { onPageKey } from '../keys.ts'
import { Report } from '../report.tsx'
import { parseHash, prefix, route } from '../route.ts'
import { Cluster } from './cluster.tsx'
import { LiveHeader } from './live-header.tsx'
import { LiveRun } from './live-run.tsx'
import { RunList } from './run-list.tsx'

type Loaded = { readonly view: ReportView; readonly source: DataSource }

/** The pages of `aftershock serve`: the list of runs, a run that is going on, and each run as its report. */
export function startLive(root: HTMLElement): void {
  apiToken()
  root.textContent = ''
  render(<Live />, root)
}

function Live() {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const follow = (): void => setHash(location.hash)
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  const run = /^#\/(run|live)\/([^/?]+)(.*)$/.exec(hash)
  if (run === null) return /^#\/cluster/.test(hash) ? <Cluster /> : <RunList />
  const id = decodeURIComponent(run[2] ?? '')
  if (run[1] === 'live') return <LiveRun id={id} />
  prefix.value = `/run/${run[2]}`
  route.value = parseHash(`#${run[3]}`)
  return <RunPages key={id} id={id} />
}

function RunPages({ id }: { readonly id: string }) {
  const [loaded, setLoaded] = useState<Loaded | undefined>(undefined)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  useEffect(() => {
    const source = apiSource(id)
    source.view().then(
      (view) => setLoaded({ view, source }),
      (error: unknown) => setProblem(errorText(error)),
    )
  }, [id])
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const at = route.value
      const step = at.page === 'overview' ? at.step : undefined
      onPageKey(event, { steps: loaded?.view.result.chain.length ?? 0, step, page: at.page })
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [loaded])
  if (problem !== undefined)
    return (
      <>
        <LiveHeader at="runs" />
        <main>
          <p class="alarm">
            Cannot show run {id}: {problem}
          </p>
          <p>
            <a href="#/">All runs</a> · what happened:{' '}
            <a href={`#/live/${encodeURIComponent(id)}`}>its events</a>
          </p>
        </main>
      </>
    )
  if (loaded === undefined) return <main aria-busy="true">Reading run {id} …</main>
  return <Report view={loaded.view} source={loaded.source} />
}
