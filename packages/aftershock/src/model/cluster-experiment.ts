/**
 * What the watcher of a cluster knows, as it is served, kept and read back. Times are RFC 3339 in UTC with
 * nanoseconds, by the watcher's clock (docs/reference/windows.md).
 */

/** One chaos object of the cluster, whoever made it. */
export type ClusterExperimentJson = {
  /** The object's uid: one incarnation. */
  readonly id: string
  readonly kind: string
  readonly action?: string
  readonly mode?: string
  readonly namespace: string
  readonly name: string
  readonly state: ClusterExperimentState
  readonly createdAt?: string
  /** When we saw that it was gone. */
  readonly goneAt?: string
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  readonly labels: Readonly<Record<string, string>>
  /** The run of Aftershock that made it. */
  readonly runId?: string
  readonly windows: readonly ClusterWindowJson[]
  /** What is known to have been missed; why nothing was injected. */
  readonly unknown: readonly string[]
}

/** As Chaos Mesh's dashboard counts them, the first that fits; `archived`: the object is gone. */
export type ClusterExperimentState = 'archived' | 'deleting' | 'paused' | 'finished' | 'running' | 'injecting'

/** One injection into one pod (or machine). */
export type ClusterWindowJson = {
  readonly recordId: string
  readonly role: 'target' | 'peer'
  readonly round: number
  /** A kill is an instant: its window is how long the pod was missing. */
  readonly instant: boolean
  readonly target: {
    readonly service?: string
    readonly namespace?: string
    readonly pod?: string
    readonly container?: string
    /** A machine, or a cloud's selector. */
    readonly other?: string
  }
  readonly start: { readonly earliest: ClusterBoundJson; readonly latest: ClusterBoundJson }
  /** Missing: in force, and nobody asked for its end. */
  readonly end?: { readonly earliest: ClusterBoundJson; readonly latest?: ClusterBoundJson }
  /** Surely in force; missing when there is no such time. `end` missing: still. */
  readonly certain?: OpenIntervalJson
  /** Outside it was surely not in force. */
  readonly possible: OpenIntervalJson
  readonly holes: readonly {
    readonly kind: string
    readonly from: string
    readonly by: string
    readonly lost: 'surely' | 'maybe'
    readonly why: string
  }[]
}

export type ClusterBoundJson = { readonly at: string; readonly by: string }
export type OpenIntervalJson = { readonly start: string; readonly end?: string }

export type ClusterEventJson = {
  readonly at: string
  /** Nanoseconds are known; otherwise whole seconds. */
  readonly exact: boolean
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly id: string
  readonly reason: string
  readonly type: 'Normal' | 'Warning'
  readonly message: string
  readonly recordId?: string
  readonly component: string
}

/** What `GET /api/windows` of the watcher answers. */
export type ClusterWindowsJson = {
  readonly schema: 'aftershock.windows/1'
  /** Changes with every window; `?after=` waits for the next one. */
  readonly revision: number
  /** False until the cluster was listed once: what is missing may only not be known. */
  readonly complete: boolean
  readonly experiments: readonly ClusterExperimentJson[]
}
