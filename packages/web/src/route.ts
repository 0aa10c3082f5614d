import { signal } from '@preact/signals'

/** Where a person is, as the hash says; each view can be opened again from its hash alone. */
export type Route =
  | { readonly page: 'overview'; readonly step?: number | undefined; readonly service?: string | undefined }
  | { readonly page: 'traces'; readonly filter: TraceFilter }
  | { readonly page: 'trace'; readonly traceId: string; readonly spanId?: string | undefined }
  | { readonly page: 'diff'; readonly a: string; readonly b: string }
  | { readonly page: 'experiment' }
  | { readonly page: 'about' }

export type TraceFilter = {
  readonly phase: string
  readonly outcome: string
  readonly step: string
  readonly text: string
}

export const NO_FILTER: TraceFilter = { phase: '', outcome: '', step: '', text: '' }

/** What stands before a run's own part of the hash: nothing in a report, `/run/<id>` in the live pages. */
export const prefix = signal('')
export const route = signal<Route>({ page: 'overview' })

/** `#/trace/65b6…` → a route; what is not known is the overview. */
export function parseHash(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?')
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded)
  const params = new URLSearchParams(query)
  const [page, first = '', second = ''] = parts
  if (page === 'step') return { page: 'overview', step: Number(first) || undefined }
  if (page === 'service') return { page: 'overview', service: first }
  if (page === 'trace' && first !== '')
    return { page, traceId: first, spanId: params.get('span') ?? undefined }
  if (page === 'diff') return { page, a: first, b: second }
  if (page === 'experiment' || page === 'about') return { page }
  if (page === 'traces') {
    const value = (name: string): string => params.get(name) ?? ''
    return {
      page,
      filter: { phase: value('phase'), outcome: value('outcome'), step: value('step'), text: value('text') },
    }
  }
  return { page: 'overview' }
}

/** A route → its hash, ready for `href`. */
export function hrefOf(to: Route): string {
  return `#${prefix.value}${pathOf(to)}`
}

function pathOf(to: Route): string {
  const part = encodeURIComponent
  switch (to.page) {
    case 'overview':
      if (to.step !== undefined) return `/step/${to.step}`
      return to.service === undefined ? '/' : `/service/${part(to.service)}`
    case 'trace':
      return `/trace/${part(to.traceId)}${to.spanId === undefined ? '' : `?span=${part(to.spanId)}`}`
    case 'diff':
      return `/diff/${part(to.a)}/${part(to.b)}`
    case 'traces': {
      const set = Object.entries(to.filter).filter(([, value]) => value !== '')
      return set.length === 0 ? '/traces' : `/traces?${new URLSearchParams(set)}`
    }
    default:
      return `/${to.page}`
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
