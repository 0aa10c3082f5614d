import { goDurationMs } from '../../../packages/aftershock/src/formats/go-duration.ts'
import type { Ref } from '../../../packages/aftershock/src/kubernetes/client.ts'
import type { ChaosObject, ChaosRecord } from '../../../packages/aftershock/src/kubernetes/objects.ts'
import { PODS } from '../../../packages/aftershock/src/kubernetes/resources.ts'
import { openDeeds } from './deeds.ts'
import type { Reconcile, Stage } from './player.ts'
import { applyToPod, recoverFromPod } from './pod-network.ts'
import { draw, type RawSelector, selectTargets } from './select-targets.ts'
import { type Draft, tell, tellFailed, tellUpdated, update } from './write.ts'

const FINALIZER = 'chaos-mesh/records'
const ONE_SHOT = ['pod-kill', 'container-kill']
const CONTAINER_KINDS = ['StressChaos', 'IOChaos', 'TimeChaos', 'DNSChaos']

/** One reconcile of a chaos object, its steps in the controller's order. */
export const reconcileChaos: Reconcile = async (stage, ref) => {
  const object = await stage.client.get<ChaosObject>(ref)
  if (object === undefined) {
    endDeeds(stage, `${ref.resource.kind}/${ref.namespace}/${ref.name}`)
    return 'settled'
  }
  if (await initFinalizer(stage, ref, object)) return 'changed'
  const { phase, reason, leftMs } = desired(object, stage.controllerNs())
  if (object.status?.experiment?.desiredPhase !== phase) {
    if (reason !== undefined) await tell(stage, object, reason[0], 'desiredphase', { message: reason[1] })
    await update(stage, ref, (draft) => {
      setExperiment(draft, { desiredPhase: phase })
      return true
    })
    await tellUpdated(stage, object, 'desiredphase', 'desiredPhase')
    return 'changed'
  }
  const records = await recordsStep(stage, ref, object)
  if (records !== 'same') return records === 'changed' ? 'changed' : { afterMs: 200 }
  if (await conditionsStep(stage, ref)) return 'changed'
  if (await cleanFinalizer(stage, ref, object)) return 'changed'
  return leftMs === undefined ? 'settled' : { afterMs: leftMs + 5 }
}

async function initFinalizer(stage: Stage, ref: Ref, object: ChaosObject): Promise<boolean> {
  if (object.metadata.deletionTimestamp !== undefined || object.metadata.finalizers?.includes(FINALIZER))
    return false
  await tell(stage, object, 'FinalizerInited', 'initFinalizers', { message: 'Finalizer has been inited' })
  await update(stage, ref, (draft) => {
    draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), FINALIZER]
    return true
  })
  await tellUpdated(stage, object, 'initFinalizers', 'finalizer')
  return true
}

async function cleanFinalizer(stage: Stage, ref: Ref, object: ChaosObject): Promise<boolean> {
  if (object.metadata.deletionTimestamp === undefined || !object.metadata.finalizers?.length) return false
  const isForced = object.metadata.annotations?.['chaos-mesh.chaos-mesh.org/cleanFinalizer'] === 'forced'
  const isRecovered = recordsOf(object).every((one) => one.phase === 'Not Injected')
  if (!isForced && !isRecovered) return false
  await tell(stage, object, 'FinalizerInited', 'cleanFinalizers', { message: 'Finalizer has been removed' })
  return update(stage, ref, (draft) => {
    draft.metadata.finalizers = []
    return true
  })
}

type Desired = {
  readonly phase: 'Run' | 'Stop'
  readonly reason: readonly [string, string] | undefined
  readonly leftMs: number | undefined
}

function desired(object: ChaosObject, nowNs: bigint): Desired {
  const { metadata, spec = {} } = object
  if (metadata.deletionTimestamp !== undefined)
    return { phase: 'Stop', reason: ['Deleted', 'Experiment has been deleted'], leftMs: undefined }
  if (ONE_SHOT.includes(String(spec.action))) return { phase: 'Run', reason: undefined, leftMs: undefined }
  const durationMs = spec.duration === undefined ? undefined : goDurationMs(String(spec.duration))
  const createdMs = Date.parse(metadata.creationTimestamp ?? '')
  const leftMs = durationMs === undefined ? undefined : createdMs + durationMs - Number(nowNs / 1_000_000n)
  if (leftMs !== undefined && leftMs <= 0)
    return { phase: 'Stop', reason: ['TimeUp', 'Time up according to the duration'], leftMs: undefined }
  if (metadata.annotations?.['experiment.chaos-mesh.org/pause'] === 'true')
    return { phase: 'Stop', reason: ['Paused', 'Experiment has been paused'], leftMs }
  return { phase: 'Run', reason: ['Started', 'Experiment has started'], leftMs }
}

/** `retry`: a daemon failed, the controller tries again. */
async function recordsStep(
  stage: Stage,
  ref: Ref,
  object: ChaosObject,
): Promise<'same' | 'changed' | 'retry'> {
  const given = object.status?.experiment?.containerRecords
  const isNew = given === undefined || given === null
  const records: Writable[] = isNew ? await selected(stage, object) : given.map((one) => ({ ...one }))
  if (records.length === 0) return 'same'
  const before = JSON.stringify(isNew ? undefined : given)
  const instances: Record<string, unknown> = { ...object.status?.instances }
  let failed = false
  for (const record of records) {
    const isRun = object.status?.experiment?.desiredPhase === 'Run'
    if (isRun ? record.phase === 'Injected' : record.phase === 'Not Injected') continue
    const operation = record.phase.startsWith('Not Injected') ? 'Apply' : 'Recover'
    failed = (await operate(stage, object, record, operation, instances)) || failed
  }
  if (JSON.stringify(records) === before) return failed ? 'retry' : 'same'
  await update(stage, ref, (draft) => {
    setExperiment(draft, { containerRecords: records })
    if (ref.resource.kind === 'NetworkChaos') draft.status = { ...draft.status, instances }
    return true
  })
  await tellUpdated(stage, object, 'records', 'records')
  return failed ? 'retry' : 'changed'
}

type Writable = { -readonly [K in keyof ChaosRecord]: ChaosRecord[K] }

async function selected(stage: Stage, object: ChaosObject): Promise<Writable[]> {
  const { spec = {}, metadata } = object
  const target = spec.target as { selector?: RawSelector; mode?: string; value?: string } | undefined
  const isNetwork = object.kind === 'NetworkChaos' && typeof target === 'object'
  const found: Writable[] = []
  for (const [key, part] of [['.', spec], ...(isNetwork ? [['.Target', target]] : [])] as [
    string,
    typeof spec,
  ][]) {
    const pods = await selectTargets(
      stage.client,
      (part.selector ?? {}) as RawSelector,
      metadata.namespace ?? '',
    )
    const drawn = draw(pods, part.mode, part.value)
    if (drawn.length === 0) {
      const why = pods.length === 0 ? 'no pod is selected' : 'no target has been selected'
      await tellFailed(stage, object, 'records', 'select targets', why)
      return []
    }
    for (const pod of drawn) {
      const id = `${pod.metadata.namespace}/${pod.metadata.name}`
      const container = CONTAINER_KINDS.includes(object.kind ?? '')
        ? `/${pod.spec?.containers?.[0]?.name}`
        : ''
      found.push({
        id: `${id}${container}`,
        selectorKey: key,
        phase: 'Not Injected',
        injectedCount: 0,
        recoveredCount: 0,
      })
    }
  }
  return found
}

/** @returns whether it failed */
async function operate(
  stage: Stage,
  object: ChaosObject,
  record: Writable,
  operation: 'Apply' | 'Recover',
  instances: Record<string, unknown>,
): Promise<boolean> {
  const isApply = operation === 'Apply'
  const error = (isApply ? stage.script.applyError : stage.script.recoverError)?.(record.id)
  // Upstream stamps what is done, not what begins.
  const stamp = (): string =>
    `${new Date(Number(stage.controllerNs() / 1_000_000n)).toISOString().slice(0, 19)}Z`
  if (error !== undefined) {
    record.events = [
      ...(record.events ?? []),
      { type: 'Failed', operation, message: error, timestamp: stamp() },
    ].slice(-100)
    await tellFailed(stage, object, 'records', isApply ? 'apply chaos' : 'recover chaos', error)
    return true
  }
  const name = `${object.kind}/${object.metadata.namespace}/${object.metadata.name}`
  if (object.kind === 'NetworkChaos') {
    const step = isApply ? applyToPod : recoverFromPod
    if (!(await step(stage, object, record, name, instances))) return false
  } else {
    await stage.sleep(isApply ? stage.script.applyMs : stage.script.recoverMs)
    if (isApply) stage.deeds.push({ object: name, id: record.id, startNs: stage.nowNs(), endNs: undefined })
    else for (const deed of openDeeds(stage, name, record.id)) deed.endNs = stage.nowNs()
    if (isApply && object.kind === 'PodChaos') await killPod(stage, object, record.id)
  }
  record.phase = isApply ? 'Injected' : 'Not Injected'
  if (isApply) record.injectedCount = (record.injectedCount ?? 0) + 1
  else record.recoveredCount = (record.recoveredCount ?? 0) + 1
  record.events = [...(record.events ?? []), { type: 'Succeeded', operation, timestamp: stamp() }].slice(-100)
  await tell(stage, object, isApply ? 'Applied' : 'Recovered', 'records', {
    message: `Successfully ${isApply ? 'apply' : 'recover'} chaos for ${record.id}`,
    annotations: { 'chaos-mesh.org/id': record.id },
  })
  return false
}

async function killPod(stage: Stage, object: ChaosObject, id: string): Promise<void> {
  if (object.spec?.action !== 'pod-kill') return
  const [namespace, name = ''] = id.split('/')
  await stage.client.remove({ resource: PODS, namespace, name }, { gracePeriodSeconds: 0 })
}

async function conditionsStep(stage: Stage, ref: Ref): Promise<boolean> {
  return update(stage, ref, (draft) => {
    const object = draft as unknown as ChaosObject
    const records = recordsOf(object)
    const status = (is: boolean): string => (is ? 'True' : 'False')
    const all = (phase: string): boolean => records.length > 0 && records.every((one) => one.phase === phase)
    const isPaused = object.metadata.annotations?.['experiment.chaos-mesh.org/pause'] === 'true'
    const states: Readonly<Record<string, string>> = {
      Selected: status(records.length > 0),
      AllInjected: status(all('Injected')),
      AllRecovered: status(all('Not Injected')),
      Paused: status(isPaused),
    }
    const known = object.status?.conditions ?? []
    const isSame = Object.entries(states).every(([type, is]) =>
      known.some((one) => one.type === type && one.status === is),
    )
    if (isSame) return false
    const conditions = Object.entries(states).map(([type, is]) => ({ type, status: is }))
    draft.status = { ...draft.status, conditions }
    return true
  })
}

function recordsOf(object: ChaosObject): readonly ChaosRecord[] {
  return object.status?.experiment?.containerRecords ?? []
}

function setExperiment(draft: Draft, more: Record<string, unknown>): void {
  const experiment = (draft.status?.experiment ?? {}) as Record<string, unknown>
  draft.status = { ...draft.status, experiment: { ...experiment, ...more } }
}

/** pod-kill has no end of its own. */
function endDeeds(stage: Stage, object: string): void {
  for (const deed of stage.deeds) if (deed.object === object && deed.id !== '') deed.endNs ??= stage.nowNs()
}
