/** What the API server answers, as far as it is read here; times are RFC 3339 texts as they came. */
export type KubeObject = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
}

export type ObjectMeta = {
  readonly name: string
  readonly namespace?: string | undefined
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly generation?: number | undefined
  readonly creationTimestamp?: string | undefined
  readonly deletionTimestamp?: string | undefined
  readonly finalizers?: readonly string[] | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  readonly ownerReferences?: readonly OwnerReference[] | undefined
}

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

export type Pod = KubeObject & {
  readonly spec?: {
    readonly nodeName?: string | undefined
    readonly hostNetwork?: boolean | undefined
    readonly runtimeClassName?: string | undefined
    readonly restartPolicy?: string | undefined
    readonly schedulerName?: string | undefined
    readonly serviceAccountName?: string | undefined
    readonly containers?: readonly Container[] | undefined
  }
  readonly status?: {
    readonly phase?: string | undefined
    readonly podIP?: string | undefined
    readonly podIPs?: readonly { readonly ip: string }[] | undefined
    readonly nominatedNodeName?: string | undefined
    readonly conditions?: readonly Condition[] | undefined
    readonly containerStatuses?: readonly ContainerStatus[] | undefined
  }
}

export type Container = {
  readonly name: string
  readonly image?: string | undefined
  readonly env?: readonly { readonly name: string; readonly value?: string | undefined }[] | undefined
}

export type ContainerStatus = {
  readonly name: string
  readonly containerID?: string | undefined
  readonly restartCount?: number | undefined
  readonly ready?: boolean | undefined
}

export type Condition = {
  readonly type: string
  readonly status: string
  readonly reason?: string | undefined
  readonly message?: string | undefined
}

/** core/v1 Event. Chaos Mesh names them `<object>.<hex of nanoseconds>`. */
export type KubeEvent = KubeObject & {
  readonly type?: string | undefined
  readonly reason?: string | undefined
  readonly message?: string | undefined
  readonly involvedObject: {
    readonly kind?: string | undefined
    readonly namespace?: string | undefined
    readonly name?: string | undefined
    readonly uid?: string | undefined
  }
  readonly source?: { readonly component?: string | undefined } | undefined
  readonly firstTimestamp?: string | null | undefined
  readonly lastTimestamp?: string | null | undefined
}

export type KubeNode = KubeObject & {
  readonly spec?: {
    readonly unschedulable?: boolean | undefined
    readonly taints?: readonly Taint[] | undefined
  }
  readonly status?: {
    readonly nodeInfo?:
      | {
          readonly containerRuntimeVersion?: string | undefined
          readonly kernelVersion?: string | undefined
          readonly osImage?: string | undefined
        }
      | undefined
    readonly conditions?: readonly Condition[] | undefined
  }
}

export type Taint = { readonly key: string; readonly value?: string | undefined; readonly effect: string }

/** An object of chaos-mesh.org: the spec as somebody wrote it, the status as the controller keeps it. */
export type ChaosObject = KubeObject & {
  readonly spec?: Readonly<Record<string, unknown>> | undefined
  readonly status?: ChaosStatus | undefined
}

export type ChaosStatus = {
  readonly conditions?: readonly Condition[] | undefined
  readonly experiment?:
    | {
        readonly desiredPhase?: 'Run' | 'Stop' | undefined
        readonly containerRecords?: readonly ChaosRecord[] | null | undefined
      }
    | undefined
  /** NetworkChaos: record id → generation of the Pod*Chaos that holds it. */
  readonly instances?: Readonly<Record<string, unknown>> | undefined
}

/** One target: `ns/pod`, `ns/pod/container` …; `selectorKey` is `.` for sources and `.Target` for peers. */
export type ChaosRecord = {
  readonly id: string
  readonly selectorKey?: string | undefined
  /** `Not Injected`, `Not Injected/Wait`, `Injected`, `Injected/Wait`. */
  readonly phase: string
  readonly injectedCount?: number | undefined
  readonly recoveredCount?: number | undefined
  readonly events?: readonly ChaosRecordEvent[] | undefined
}

export type ChaosRecordEvent = {
  readonly type: string
  readonly operation: string
  readonly message?: string | undefined
  readonly timestamp?: string | undefined
}
