import { signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']

/** Canvas drawings read this, so that they are painted again when colours change. */
export const theme = signal<Theme>('system')

/** Storage throws in a sandboxed frame; the theme is then simply not kept. */
export function restoreTheme(): void {
  try {
    const kept = localStorage.getItem('aftershock-theme')
    if (kept === 'light' || kept === 'dark') setTheme(kept)
  } catch {
    // The frame is sandboxed.
  }
}

function setTheme(to: Theme): void {
  if (to === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = to
  theme.value = to
  try {
    localStorage.setItem('aftershock-theme', to)
  } catch {
    // The frame is sandboxed.
  }
}

export function nextTheme(): void {
  setTheme(THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system')
}
