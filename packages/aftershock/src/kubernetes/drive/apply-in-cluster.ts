import type { Clock } from '../../engine/clock.ts'
import type { AppliedFault, InForce, InjectionEvidence, Lease, Removal } from '../../faults/injector.ts'
import { greatestBigint, leastBigint } from '../../model/extremes.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { ApiError, problemOfApiError } from '../api-error.ts'
import { recordsOf } from '../chaos-records.ts'
import type { KubeClient, Ref } from '../client.ts'
import { LEASE_MS, ownershipOf } from '../our-objects.ts'
import { chaosResource } from '../resources.ts'
import { timesInForce } from './in-force.ts'
import type { Keeper } from './keeper.ts'
import { leftoverRules } from './leftover-rules.ts'
import { boundOf, ourManifest, partsOf } from './our-manifest.ts'
import type { ClusterFaultPlan } from './plan-fault.ts'
import { type RemovedObject, removeObject } from './remove-object.ts'
import { type Scene, sceneOf, sceneOfChildren } from './scene.ts'
import { LIMITS, type WaitLimits, waitInjected } from './wait-injected.ts'

export type DrivingWorld = {
  readonly client: KubeClient
  readonly clock: Clock
  /** Removes what we leave behind when this process is gone. */
  readonly keeper: Keeper
  /** Chaos Mesh has so long to recover everything. */
  readonly removeWithinMs: number
  readonly ifStuck: 'explain' | 'force'
  readonly limits?: WaitLimits | undefined
}

/** The engine's lease ends this long after the chaos phase. */
const AFTER_CHAOS_MS = 30_000

/**
 * Creates the object of a plan and waits until Chaos Mesh has injected every target.
 *
 * @throws ProblemError (exit 4) with Chaos Mesh's reason; the object is removed again first
 */
export async function applyInCluster(
  plan: ClusterFaultPlan,
  lease: Lease,
  world: DrivingWorld,
): Promise<AppliedFault> {
  const { client, clock, keeper } = world
  const { fault, resource } = plan
  const ref: Ref = { resource, namespace: fault.namespace, name: fault.name }
  const leftMs = Number(lease.untilNs - clock.nowNs()) / 1e6
  const bound = boundOf(fault, leftMs)
  const scene = await openScene(plan, ref, client, clock).catch((error: unknown) => {
    throw error instanceof ApiError
      ? problemOfApiError(error, `Cannot follow ${fault.id}`, client.server)
      : error
  })
  const createdNs = clock.nowNs()
  try {
    await keeper.hold(ref)
    const until = { runId: lease.runId, untilNs: createdNs + BigInt(LEASE_MS) * 1_000_000n }
    await client.create(resource, ourManifest(fault, until, bound))
    const isParent = bound.by === 'lease'
    const limits = world.limits ?? LIMITS
    const totalMs = isParent ? Math.max(5_000, leftMs - AFTER_CHAOS_MS) : limits.totalMs
    const problem = await waitInjected(scene, clock, fault.id, { ...limits, totalMs, stop: lease.stop })
    if (problem !== undefined) throw new ProblemError([{ ...problem, where: fault.where }], 4)
  } catch (error) {
    throw await undone(error, plan, ref, scene, lease.runId, world)
  }
  const nowNs = clock.nowNs()
  const { pieces, targets } = timesInForce(scene.histories(), plan.targets, nowNs)
  const first = pieces[0]
  const applied = { ...plan, targets: targets.length === 0 ? plan.targets : targets }
  let removal: Promise<Removal> | undefined
  return {
    plan: applied,
    started: { possibleNs: first?.startPossibleNs ?? createdNs, certainNs: first?.startCertainNs ?? nowNs },
    evidence: async () => evidenceOf(scene, plan),
    remove: () => {
      removal ??= removeApplied(applied, ref, scene, world)
      return removal
    },
  }
}

function openScene(plan: ClusterFaultPlan, ref: Ref, client: KubeClient, clock: Clock): Promise<Scene> {
  const namespaces = [...new Set([...plan.targets.map((one) => one.namespace), ref.namespace ?? ''])]
  const { kind, spec } = partsOf(plan.fault)
  if (kind === 'Workflow') return sceneOfChildren(client, clock, ref, undefined, namespaces)
  if (kind === 'Schedule')
    return sceneOfChildren(client, clock, ref, chaosResource(String(spec.type)), namespaces)
  return sceneOf(client, clock, ref, namespaces)
}

/** Nothing may stay of what could not be applied as a whole. @returns the error to throw */
async function undone(
  error: unknown,
  plan: ClusterFaultPlan,
  ref: Ref,
  scene: Scene,
  runId: string,
  world: DrivingWorld,
): Promise<unknown> {
  try {
    const left = await leftOf(ref, runId, scene, world)
    if (left !== undefined) return new ProblemError([...problemsOf(error, plan, world), left], 6, error)
    await world.keeper.release(ref)
    return error instanceof ApiError
      ? problemOfApiError(error, `Cannot apply ${plan.fault.id}`, world.client.server)
      : error
  } catch (also) {
    if (!(also instanceof ApiError)) throw also
    // Nobody can say whether it exists: the keeper goes on holding it, and so does the run's folder.
    const lost = problemOfApiError(also, `Cannot verify that ${plan.fault.id} is gone`, world.client.server)
    return new ProblemError([...problemsOf(error, plan, world), ...lost.problems], 6, error)
  } finally {
    await scene.stop()
  }
}

/** Removes what we made, and never what somebody else made by the same name. @returns why it is still there */
async function leftOf(
  ref: Ref,
  runId: string,
  scene: Scene,
  world: DrivingWorld,
): Promise<Problem | undefined> {
  const object = await world.client.get(ref)
  if (object !== undefined && ownershipOf(object)?.runId !== runId) return undefined
  const removed = await removeAll(ref, scene, world)
  return removed.gone ? undefined : removed.problem
}

function problemsOf(error: unknown, plan: ClusterFaultPlan, world: DrivingWorld): readonly Problem[] {
  if (error instanceof ProblemError) return error.problems
  if (error instanceof ApiError)
    return problemOfApiError(error, `Cannot apply ${plan.fault.id}`, world.client.server).problems
  throw error
}

/** The parent first, so that it makes no more children. */
async function removeAll(ref: Ref, scene: Scene, world: DrivingWorld): Promise<RemovedObject> {
  const removing = { ...world, withinMs: world.removeWithinMs }
  const parent = await removeObject(ref, undefined, removing)
  if (!parent.gone) return parent
  let { forced, records } = parent
  for (const child of scene.refs()) {
    if (child.resource.kind === ref.resource.kind && child.name === ref.name) continue
    const removed = await removeObject(child, undefined, removing)
    if (!removed.gone) return removed
    forced ||= removed.forced
    records += removed.records
  }
  return { gone: true, forced, records }
}

async function removeApplied(
  plan: ClusterFaultPlan,
  ref: Ref,
  scene: Scene,
  world: DrivingWorld,
): Promise<Removal> {
  const { client, clock, keeper } = world
  try {
    const removed = await removeAll(ref, scene, world)
    if (!removed.gone) return { removed: false, problem: removed.problem }
    // The events of the end are made on their own and may come after the object is gone.
    await clock.sleep(300)
    const namespaces = plan.targets.map((one) => one.namespace)
    const rules = await leftoverRules(client, ref, namespaces)
    const nowNs = clock.nowNs()
    const { pieces, notes } = timesInForce(scene.histories(), plan.targets, nowNs)
    if (removed.forced || (rules?.left.length ?? 0) > 0)
      return { removed: false, problem: leftBehind(plan, rules?.left ?? []) }
    await keeper.release(ref)
    return {
      removed: true,
      ...(pieces.length === 0 ? { certainNs: nowNs, possibleNs: nowNs } : endOf(pieces)),
      verifiedBy: [
        `${ref.resource.kind} ${ref.namespace}/${ref.name} is gone, ${removed.records} of ${removed.records} records recovered`,
        ...(rules === undefined ? [] : [`none of ${rules.looked} names it`]),
      ].join('; '),
      notes,
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const [problem] = problemOfApiError(error, `Cannot remove ${plan.fault.id}`, client.server).problems
    return { removed: false, problem }
  } finally {
    await scene.stop()
  }
}

function endOf(pieces: readonly InForce[]) {
  return {
    certainNs: leastBigint(pieces.map((one) => one.endCertainNs)),
    possibleNs: greatestBigint(pieces.map((one) => one.endPossibleNs)),
    inForce: pieces,
  }
}

function leftBehind(plan: ClusterFaultPlan, left: readonly string[]): Problem {
  const pods = plan.targets.filter((one) => one.role === 'target')
  const why =
    left.length > 0
      ? left.join('; ')
      : 'its finalizers were taken away before Chaos Mesh had recovered the targets'
  return {
    code: 'rules-left',
    what: `Cannot verify that ${plan.fault.id} is gone from its targets`,
    why: `nothing of it may stay on a pod: ${why}`,
    fix: pods.map(({ namespace, pod }) => `kubectl delete pod -n ${namespace} ${pod}`).join('; '),
  }
}

/** Killed pods can be counted; what a daemon does to packets cannot be seen from here. */
function evidenceOf(scene: Scene, plan: ClusterFaultPlan): InjectionEvidence | undefined {
  if (plan.fault.kind !== 'PodChaos') return undefined
  const records = scene.histories().flatMap((one) => recordsOf(one.object()))
  const seen = records.filter((one) => one.phase === 'Injected' || (one.injectedCount ?? 0) > 0).length
  const action = 'action' in plan.fault.spec ? plan.fault.spec.action : undefined
  const note = `Chaos Mesh reports ${action ?? 'it'} done`
  return { seen, eligible: records.length, unit: 'pods', addedMs: [], note }
}
