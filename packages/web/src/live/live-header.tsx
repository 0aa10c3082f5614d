import { nextTheme, theme } from '../theme.ts'

/** The top of the live pages that belong to no run. */
export function LiveHeader({ at }: { readonly at: 'runs' | 'cluster' }) {
  return (
    <header class="top">
      <strong class="brand">aftershock</strong>
      <nav aria-label="Pages">
        <a href="#/" aria-current={at === 'runs' ? 'page' : undefined}>
          Runs
        </a>{' '}
        <a href="#/cluster" aria-current={at === 'cluster' ? 'page' : undefined}>
          Cluster
        </a>
      </nav>
      <button type="button" class="theme" onClick={nextTheme} aria-label={`Theme: ${theme.value}`}>
        <span aria-hidden="true">◐</span> {theme.value}
      </button>
    </header>
  )
}
