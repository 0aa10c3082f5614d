/** A caller and a callee as one number, for maps by edge; -1 where there is none. */
export function edgeKey(caller: number, callee: number): number {
  return (caller + 1) * SERVICES_MAX + callee + 1
}

export function edgeOf(site: { readonly service: number; readonly callee: number }): number {
  return edgeKey(site.service, site.callee)
}

export function callerOf(edge: number): number {
  return Math.floor(edge / SERVICES_MAX) - 1
}

export function calleeOf(edge: number): number {
  return (edge % SERVICES_MAX) - 1
}

const SERVICES_MAX = 65536
