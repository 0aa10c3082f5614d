import type { Clock } from '../../engine/clock.ts'
import { type Problem, ProblemError } from '../../model/problem.ts'
import { ApiError, problemOfApiError } from '../api-error.ts'
import { connectKube, type KubeClient, type Ref } from '../client.ts'
import { listIfServed } from '../list-if-served.ts'
import { isOrphan, OURS, ownershipOf } from '../our-objects.ts'
import { CHAOS_KINDS, type Resource, SCHEDULES, WORKFLOWS } from '../resources.ts'
import { readHeld, refText, writeHeld } from './held-objects.ts'
import { removeObject } from './remove-object.ts'

export type CleanedCluster = {
  /** Objects that were removed, in words. */
  readonly removed: readonly string[]
  readonly problems: readonly Problem[]
}

export type Cleaning = {
  readonly clock: Clock
  readonly withinMs: number
  readonly ifStuck: 'explain' | 'force'
  /** Where to look for objects of ours; undefined: everywhere. */
  readonly namespace?: string | undefined
}

/** Removes what a killed run left in its cluster; its keeper may have done so already. */
export async function cleanCluster(runFolder: string, cleaning: Cleaning): Promise<CleanedCluster> {
  const held = readHeld(runFolder)
  if (held === undefined || held.refs.length === 0) return { removed: [], problems: [] }
  return guarded(async () => {
    const client = connectKube({ ...held.settings, clock: cleaning.clock })
    try {
      const found: CleanedCluster[] = []
      for (const ref of held.refs) {
        const one = await cleanOne(client, ref, held.runId, cleaning)
        if (one.problems.length === 0) writeHeld(runFolder, { type: 'release', ref })
        found.push(one)
      }
      return joined(found)
    } finally {
      client.close()
    }
  }, held.server)
}

/** Which of our objects: those whose lease has ended, those of one run, or all. */
export type Which = 'orphans' | 'all' | { readonly runId: string }

/** Removes objects of ours from a cluster, whoever made them from wherever. */
export async function cleanOurs(
  client: KubeClient,
  which: Which,
  cleaning: Cleaning,
): Promise<CleanedCluster> {
  return guarded(async () => {
    const { refs, unseen } = await ourObjects(client, which, cleaning)
    const found: CleanedCluster[] = []
    for (const ref of refs) found.push(await cleanOne(client, ref, undefined, cleaning))
    return joined([...found, { removed: [], problems: unseenProblems(unseen, cleaning.namespace) }])
  }, client.server)
}

/** Kinds that runs make, and those of them that we may not list: there may be something of ours among them. */
async function ourObjects(
  client: KubeClient,
  which: Which,
  { clock, namespace }: Cleaning,
): Promise<{ readonly refs: readonly Ref[]; readonly unseen: readonly Unseen[] }> {
  const refs: Ref[] = []
  const unseen: Unseen[] = []
  for (const resource of [...CHAOS_KINDS, SCHEDULES, WORKFLOWS]) {
    const items = await listIfServed(client, resource, { namespace, labelSelector: OURS }).catch(
      (error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 403) throw error
        unseen.push({ resource, error })
        return []
      },
    )
    for (const object of items) {
      const isMeant =
        which === 'all' ||
        (which === 'orphans' ? isOrphan(object, clock.nowNs()) : ownershipOf(object)?.runId === which.runId)
      if (isMeant) refs.push({ resource, namespace: object.metadata.namespace, name: object.metadata.name })
    }
  }
  return { refs, unseen }
}

type Unseen = { readonly resource: Resource; readonly error: ApiError }

function unseenProblems(unseen: readonly Unseen[], namespace: string | undefined): readonly Problem[] {
  const [first] = unseen
  if (first === undefined) return []
  const kinds = unseen.map((one) => one.resource.kind).join(', ')
  return [
    {
      code: 'cluster-forbidden',
      what: `Cannot look whether anything of ours is left among ${kinds}`,
      why: `RBAC: ${first.error.message}`,
      fix:
        namespace === undefined
          ? 'with rights in one namespace only: --namespace <name>; else bind deploy/driver-role.yaml'
          : 'bind deploy/driver-role.yaml in that namespace; aftershock doctor --target k8s lists what is missing',
    },
  ]
}

async function cleanOne(
  client: KubeClient,
  ref: Ref,
  runId: string | undefined,
  cleaning: Cleaning,
): Promise<CleanedCluster> {
  const object = await client.get(ref)
  const owner = object === undefined ? undefined : ownershipOf(object)
  if (object === undefined || owner === undefined || (runId !== undefined && owner.runId !== runId))
    return { removed: [], problems: [] }
  const removed = await removeObject(ref, object.metadata.uid, { client, ...cleaning })
  if (!removed.gone) return { removed: [], problems: [removed.problem] }
  const text = `${refText(ref)} of run ${owner.runId}`
  if (!removed.forced) return { removed: [text], problems: [] }
  return { removed: [`${text}, by force`], problems: [forcedProblem(ref)] }
}

function forcedProblem(ref: Ref): Problem {
  return {
    code: 'rules-left',
    what: `Cannot verify that ${refText(ref)} is gone from its targets`,
    why: 'its finalizers were taken away before Chaos Mesh had recovered the targets: what it injected may stay',
    fix: `restart the pods that it had hit, for example: kubectl rollout restart deployment -n ${ref.namespace}`,
  }
}

function joined(found: readonly CleanedCluster[]): CleanedCluster {
  return { removed: found.flatMap((one) => one.removed), problems: found.flatMap((one) => one.problems) }
}

async function guarded(work: () => Promise<CleanedCluster>, server: string): Promise<CleanedCluster> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProblemError) return { removed: [], problems: error.problems }
    if (error instanceof ApiError)
      return {
        removed: [],
        problems: problemOfApiError(error, 'Cannot clean up in the cluster', server).problems,
      }
    throw error
  }
}
