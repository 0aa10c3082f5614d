import { hydrate, render } from 'preact'
import { errorText } from '../../aftershock/src/model/error-text.ts'
import { inlinedSource, readInlined } from './data-source.ts'
import { onPageKey } from './keys.ts'
import { startLive } from './live/live.tsx'
import { Report } from './report.tsx'
import { parseHash, route } from './route.ts'
import { restoreTheme } from './theme.ts'

async function start(): Promise<void> {
  restoreTheme()
  const root = document.getElementById('app')
  if (root === null) return
  if (document.getElementById('data') === null) return startLive(root)
  const payload = await readInlined(document)
  if (payload === undefined) return
  const source = inlinedSource(payload)
  const follow = (): void => {
    const before = route.value
    route.value = parseHash(location.hash)
    showChosen(before.page !== route.value.page)
  }
  route.value = parseHash(location.hash)
  addEventListener('hashchange', follow)
  addEventListener('keydown', (event) => {
    const at = route.value
    onPageKey(event, {
      steps: payload.result.chain.length,
      step: at.page === 'overview' ? at.step : undefined,
      page: at.page,
    })
  })
  const page = <Report view={payload} source={source} />
  // Only the plain overview is what the server drew; anything else is drawn anew.
  const at = route.value
  if (at.page === 'overview' && at.step === undefined && at.service === undefined) hydrate(page, root)
  else {
    root.textContent = ''
    render(page, root)
  }
  showChosen(at.page !== 'overview')
}

/** Brings what the hash names into view, and a new page to its top. */
function showChosen(pageChanged: boolean): void {
  const at = route.value
  requestAnimationFrame(() => {
    if (at.page === 'overview' && at.step !== undefined)
      document.getElementById(`step-${at.step}`)?.scrollIntoView({ block: 'center' })
    else if (at.page === 'overview' && at.service !== undefined) document.getElementById('edges')?.focus()
    else if (pageChanged) {
      scrollTo(0, 0)
      document.getElementById('main')?.focus({ preventScroll: true })
    }
  })
}

start().catch((error: unknown) => {
  // The page below stays as it was drawn without scripts; say why it does not react.
  const note = document.createElement('p')
  note.className = 'alarm'
  note.textContent = `This browser cannot open the traces of the report (${errorText(error)}). The text below is complete without them.`
  document.body.prepend(note)
})
