import type { ComponentChildren } from 'preact'
import { bytesText, countText, timeText } from '../../aftershock/src/model/numbers.ts'
import type { ReportView } from '../../aftershock/src/report/report-view.ts'
import { hrefOf, NO_FILTER, prefix, type Route, route } from './route.ts'
import { nextTheme, theme } from './theme.ts'

type Props = { readonly view: ReportView; readonly children: ComponentChildren }

/** The frame of every page of a run: links, the page, and what the file holds. */
export function Page({ view, children }: Props) {
  const { run } = view.result
  const at = route.value.page
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: without scripts it is a plain link; with them the hash is a route */}
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <header class="top">
        <strong class="brand">aftershock</strong>
        <nav aria-label="Pages">
          {prefix.value === '' ? null : <a href="#/">← Runs</a>}{' '}
          <Link to={{ page: 'overview' }} here={at === 'overview'} label="Overview" />{' '}
          <Link
            to={{ page: 'traces', filter: NO_FILTER }}
            here={at === 'traces' || at === 'trace'}
            label="Traces"
          />{' '}
          <Link to={{ page: 'diff', a: '', b: '' }} here={at === 'diff'} label="Diff" />{' '}
          <Link to={{ page: 'experiment' }} here={at === 'experiment'} label="Experiment" />{' '}
          <Link to={{ page: 'about' }} here={at === 'about'} label="About" />
        </nav>
        <button type="button" class="theme" onClick={nextTheme} aria-label={`Theme: ${theme.value}`}>
          <span aria-hidden="true">◐</span> {theme.value}
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <p class="context">
          {run.name} · {timeText(run.startedAt)} · {run.target}
          {run.git === undefined ? '' : ` · ${run.git.sha}`} · {run.id}
        </p>
        {children}
      </main>
      <Footer view={view} />
    </>
  )
}

function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function Link({ to, here, label }: { readonly to: Route; readonly here: boolean; readonly label: string }) {
  return (
    <a href={hrefOf(to)} aria-current={here ? 'page' : undefined}>
      {label}
    </a>
  )
}

function Footer({ view }: { readonly view: ReportView }) {
  const { result, inside } = view
  return (
    <footer>
      {inside.bytes === undefined
        ? null
        : `report ${bytesText(inside.bytes)} of ${bytesText(inside.bytesMax)} · `}
      {inside.traceIds.length} of {countText(inside.tracesTotal)} traces inside
      {inside.sideFile === undefined ? '' : ` · all of them in ${inside.sideFile}`}
      {inside.redacted.length === 0
        ? ''
        : ` · ${inside.redacted.length === 1 ? '1 attribute name' : `${inside.redacted.length} attribute names`} with secrets taken out`}
      {' · '}aftershock {result.generator.version} · {result.schema}
      <br />
      again: <code>{result.run.command}</code>
    </footer>
  )
}
