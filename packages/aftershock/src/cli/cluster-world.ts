import { randomBytes } from 'node:crypto'
import { systemClock } from '../engine/clock.ts'
import type { FaultPlan } from '../faults/injector.ts'
import { everyMs } from '../formats/cron.ts'
import { goDurationMs } from '../formats/go-duration.ts'
import { ApiError, problemOfApiError } from '../kubernetes/api-error.ts'
import { connectKube, type KubeClient } from '../kubernetes/client.ts'
import { startKeeper } from '../kubernetes/drive/keeper.ts'
import { meshInjector } from '../kubernetes/drive/mesh-injector.ts'
import { type ClusterWorld, planInCluster } from '../kubernetes/drive/plan-fault.ts'
import { meshSettings } from '../kubernetes/mesh-settings.ts'
import { podSource } from '../kubernetes/select/pod-source.ts'
import type { Experiment, Fault } from '../model/fault.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import { type ClusterFlags, kubeSettingsOf } from './cluster-flags.ts'
import { askConsent } from './consent.ts'
import type { FaultWorld } from './fault-world.ts'
import type { Io } from './io.ts'
import { noFault } from './plan-faults.ts'

/** A node that is slow to answer is given time; then the run says which targets are not recovered (exit 6). */
const removeWithinMs = 60_000

/** A cluster that does not answer is told of soon; once something is injected, an outage is waited out. */
const lookPatienceMs = 5_000
const drivePatienceMs = 60_000

/** Faults by the Chaos Mesh of a cluster. @throws ProblemError when there is no such context */
export function clusterWorld(
  flags: ClusterFlags & { readonly input: boolean },
  io: Io,
): { readonly world: FaultWorld; readonly client: KubeClient } {
  const settings = kubeSettingsOf(flags)
  const clock = systemClock()
  const client = connectKube({ ...settings, clock, patienceMs: lookPatienceMs })
  let cluster: ClusterWorld | undefined
  const world: FaultWorld = {
    target: `k8s:${client.context}`,
    plan: async (experiment) => {
      cluster = await reached(client, async () => ({
        client,
        pods: podSource(client),
        mesh: cluster?.mesh ?? (await meshSettings(client)),
      }))
      return reached(client, () => planAll(experiment, cluster as ClusterWorld))
    },
    confirm: (plans) => askConsent(plans, client, flags, io),
    open: async (folder) => {
      const keeper = await startKeeper(folder.path, folder.id, settings, client)
      const driver = connectKube({ ...settings, clock, patienceMs: drivePatienceMs })
      const ifStuck = flags.forceFinalizers === true ? 'force' : 'explain'
      const injector = meshInjector({
        client: driver,
        clock,
        keeper,
        removeWithinMs,
        ifStuck,
        pods: podSource(driver),
        mesh: cluster?.mesh ?? (await meshSettings(driver)),
      })
      return {
        injectorFor: () => injector,
        [Symbol.asyncDispose]: async () => {
          await keeper.close()
          driver.close()
        },
      }
    },
    undo: 'by this process; by its keeper within seconds when it is gone; by Chaos Mesh at the object’s own end; by `aftershock watch` a minute after the last renewal (lease)',
  }
  return { world, client }
}

async function planAll(experiment: Experiment, cluster: ClusterWorld): Promise<readonly FaultPlan[]> {
  const problems: Problem[] = []
  const plans: FaultPlan[] = []
  for (const fault of experiment.faults) {
    const plan = await planInCluster(timed(named(fault)), cluster)
    if (plan.ok) plans.push(plan.value)
    else problems.push(...plan.problems)
  }
  if (experiment.faults.length === 0) problems.push(noFault(experiment))
  if (problems.length > 0) throw new ProblemError(problems)
  return plans
}

/** `generateName` leaves the name to the server; ours must be known before, so that it can be removed. */
function named(fault: Fault): Fault {
  const metadata = fault.manifest.metadata as { readonly name?: string; readonly generateName?: string }
  if (metadata.name !== undefined || metadata.generateName === undefined) return fault
  const name = `${metadata.generateName}${randomBytes(3).toString('hex')}`
  return { ...fault, name, manifest: { ...fault.manifest, metadata: { ...metadata, name } } }
}

/**
 * The cluster keeps a Schedule itself, so for the engine it is one long fault: by default long enough for its
 * first round.
 */
function timed(fault: Fault): Fault {
  if (fault.kind === 'Workflow') return { ...fault, schedule: undefined, durationMs: workflowMs(fault) }
  if (fault.schedule === undefined) return fault
  const firstMs = everyMs(fault.schedule.cron)
  const roundMs = fault.durationMs ?? 30_000
  return {
    ...fault,
    schedule: undefined,
    durationMs: firstMs === undefined ? undefined : firstMs + roundMs + 5_000,
  }
}

/** The deadline of its entry. */
function workflowMs(fault: Fault): number | undefined {
  const spec = fault.manifest.spec as {
    readonly entry?: string
    readonly templates?: readonly { readonly name: string; readonly deadline?: string }[]
  }
  const deadline = spec.templates?.find((one) => one.name === spec.entry)?.deadline
  return deadline === undefined ? undefined : goDurationMs(deadline)
}

async function reached<T>(client: KubeClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ApiError)
      throw problemOfApiError(error, 'Cannot look into the cluster', client.server)
    throw error
  }
}
