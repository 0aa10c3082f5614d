/** A fault that a Chaos Toolkit extension injects, as far as its arguments tell. */
export type KnownFault = {
  /** What the step that undoes it names, too: `networkchaos default/slow-payment`. */
  readonly key: string
  /** Chaos Mesh's words where they fit: `NetworkChaos`, `PodChaos`, `StressChaos`; else `HTTPChaos`. */
  readonly kind: string
  /** `delay`, `loss`, `pod-kill` … */
  readonly action: string
  /** For people: `delay 500ms on app=payment`. */
  readonly label: string
  readonly targets: readonly KnownTarget[]
  /** Units in the names where the argument has one: `latencyMs`. */
  readonly parameters: Readonly<Record<string, number | string>>
  /** `moment`: done when the action returns, as a killed pod is. */
  readonly lasts: 'until-undone' | 'moment'
  /** It ends by itself after so long, when nothing undoes it before. */
  readonly durationMs?: number | undefined
}

/** Whom it hits: labels of pods, or a name (a proxy, a virtual service, a deployment). */
export type KnownTarget = {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly name: string | undefined
}

/** What an action of a known extension does. */
export type KnownStep =
  | { readonly does: 'inject'; readonly fault: KnownFault }
  /** Ends the faults whose key is this one, or begins with it: all toxics of a proxy. */
  | { readonly does: 'undo'; readonly keyStart: string }

/** `module` and `func` of a python provider, and its arguments after substitution. */
export type KnownCall = {
  readonly module: string
  readonly func: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** Whether an undo ends a fault. */
export function isUndoneBy(fault: KnownFault, keyStart: string): boolean {
  return fault.key === keyStart || fault.key.startsWith(`${keyStart}/`) || keyStart === '*'
}

export function textArgument(call: KnownCall, name: string): string | undefined {
  const value = call.arguments[name]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : undefined
}

export function numberArgument(call: KnownCall, name: string): number | undefined {
  const text = textArgument(call, name)
  const value = Number(text)
  return text === undefined || text.trim() === '' || !Number.isFinite(value) ? undefined : value
}

/** Leaves out what is not there. */
export function parametersOf(
  entries: Readonly<Record<string, number | string | undefined>>,
): Readonly<Record<string, number | string>> {
  return Object.fromEntries(
    Object.entries(entries).filter((one): one is [string, number | string] => one[1] !== undefined),
  )
}

/** A selector as these extensions write it: `app=payment,tier=db`, or a mapping. */
export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  const pairs =
    typeof value === 'string'
      ? value.split(',').map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)])
      : typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([name, text]) => [name, String(text)])
        : []
  return Object.fromEntries(
    pairs
      .map(([name = '', text = '']): [string, string] => [name.trim(), text.trim()])
      .filter(([name, text]) => name !== '' && text !== name),
  )
}

/** `app=payment`, or the name, or everything there. */
export function targetText({ labels, name, namespace }: KnownTarget): string {
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return selector.length > 0 ? selector.join(',') : (name ?? `namespace ${namespace}`)
}
