import { goDurationMs } from '../../../packages/aftershock/src/formats/go-duration.ts'
import type { Ref } from '../../../packages/aftershock/src/kubernetes/client.ts'
import type { ChaosObject, KubeObject } from '../../../packages/aftershock/src/kubernetes/objects.ts'
import { chaosResource, WORKFLOW_NODES } from '../../../packages/aftershock/src/kubernetes/resources.ts'
import type { Reconcile, Stage } from './player.ts'
import { tell, update } from './write.ts'

type Template = Readonly<Record<string, unknown>> & {
  readonly name: string
  readonly templateType: string
  readonly deadline?: string
  readonly children?: readonly string[]
}

const running = new Set<string>()

/** Serial, Parallel, Suspend and chaos templates: each a WorkflowNode, chaos objects under them. */
export const reconcileWorkflow: Reconcile = async (stage, ref) => {
  const workflow = await stage.client.get<ChaosObject>(ref)
  if (workflow === undefined) {
    await removeChildren(stage, ref)
    return 'settled'
  }
  const uid = workflow.metadata.uid ?? ''
  if (running.has(uid) || workflow.metadata.deletionTimestamp !== undefined) return 'settled'
  running.add(uid)
  const templates = (workflow.spec?.templates ?? []) as readonly Template[]
  void runNode(stage, ref, templates, String(workflow.spec?.entry)).then(async () => {
    await update(stage, ref, (draft) => {
      draft.status = { ...draft.status, conditions: [{ type: 'Accomplished', status: 'True', reason: '' }] }
      return true
    }).catch(() => undefined)
    await tell(stage, workflow, 'WorkflowAccomplished', 'workflow-entry', {
      message: 'workflow accomplished',
    }).catch(() => undefined)
  })
  return 'settled'
}

async function runNode(
  stage: Stage,
  workflow: Ref,
  templates: readonly Template[],
  name: string,
): Promise<void> {
  const template = templates.find((one) => one.name === name)
  if (template === undefined || (await stage.client.get(workflow)) === undefined) return
  const node = await createNode(stage, workflow, template)
  const deadlineMs = template.deadline === undefined ? 60_000 : (goDurationMs(template.deadline) ?? 60_000)
  if (template.templateType === 'Serial')
    for (const child of template.children ?? []) await runNode(stage, workflow, templates, child)
  else if (template.templateType === 'Parallel')
    await Promise.all((template.children ?? []).map((child) => runNode(stage, workflow, templates, child)))
  else if (template.templateType === 'Suspend') await stage.sleep(deadlineMs)
  else await runChaos(stage, workflow, template, node, deadlineMs)
}

async function createNode(stage: Stage, workflow: Ref, template: Template): Promise<KubeObject> {
  return stage.client.create(WORKFLOW_NODES, {
    apiVersion: 'chaos-mesh.org/v1alpha1',
    kind: 'WorkflowNode',
    metadata: {
      name: `${template.name}-${suffix()}`,
      namespace: workflow.namespace,
      labels: { 'chaos-mesh.org/workflow': workflow.name, 'chaos-mesh.org/controlled-by': workflow.name },
    },
    spec: {
      templateName: template.name,
      workflowName: workflow.name,
      type: template.templateType,
      startTime: new Date().toISOString(),
    },
  })
}

async function runChaos(
  stage: Stage,
  workflow: Ref,
  template: Template,
  node: KubeObject,
  deadlineMs: number,
): Promise<void> {
  const resource = chaosResource(template.templateType)
  if (resource === undefined) return
  const key = `${resource.kind.charAt(0).toLowerCase()}${resource.kind.slice(1)}`
  const name = `${node.metadata.name}-${suffix()}`
  await stage.client.create(resource, {
    apiVersion: 'chaos-mesh.org/v1alpha1',
    kind: resource.kind,
    metadata: {
      name,
      namespace: workflow.namespace,
      labels: {
        'chaos-mesh.org/workflow': workflow.name,
        'chaos-mesh.org/controlled-by': node.metadata.name,
      },
    },
    spec: template[key],
  })
  for (let waitedMs = 0; waitedMs < deadlineMs; waitedMs += 50) {
    await stage.sleep(50)
    if (waitedMs % 500 === 0 && (await stage.client.get(workflow)) === undefined) break
  }
  await stage.client.remove({ resource, namespace: workflow.namespace, name })
}

async function removeChildren(stage: Stage, workflow: Ref): Promise<void> {
  for (const kind of ['PodChaos', 'NetworkChaos', 'StressChaos', 'HTTPChaos']) {
    const resource = chaosResource(kind)
    if (resource === undefined) continue
    const scope = { namespace: workflow.namespace, labelSelector: `chaos-mesh.org/workflow=${workflow.name}` }
    for (const child of (await stage.client.list(resource, scope)).items)
      await stage.client.remove({ resource, namespace: workflow.namespace, name: child.metadata.name })
  }
}

function suffix(): string {
  return Math.random().toString(36).slice(2, 7).padEnd(5, 'x')
}
