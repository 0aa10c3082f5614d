import { goDurationMs } from '../go-duration.ts'
import {
  type KnownCall,
  type KnownStep,
  type KnownTarget,
  labelsOf,
  numberArgument,
  parametersOf,
  targetText,
  textArgument,
} from './known-fault.ts'

type Parameters = (call: KnownCall) => Readonly<Record<string, number | string | undefined>>
type Row = { readonly kind: string; readonly action: string; readonly parameters: Parameters }

const meshNetwork = 'chaosk8s.chaosmesh.network.actions'
const meshStress = 'chaosk8s.chaosmesh.stress.actions'

const network = (action: string, parameters: Parameters): Row => ({
  kind: 'NetworkChaos',
  action,
  parameters,
})

/** Functions that make a Chaos Mesh object. */
const MESH: Readonly<Record<string, Row>> = {
  [`${meshNetwork}.add_latency`]: network('delay', (call) => ({
    latencyMs: ms(call, 'latency'),
    jitterMs: ms(call, 'jitter'),
    correlation: textArgument(call, 'correlation'),
  })),
  [`${meshNetwork}.set_loss`]: network('loss', (call) => ({ lossPercent: numberArgument(call, 'loss') })),
  [`${meshNetwork}.duplicate_packets`]: network('duplicate', (call) => ({
    duplicatePercent: numberArgument(call, 'duplicate'),
  })),
  [`${meshNetwork}.reorder_packets`]: network('reorder', (call) => ({
    reorderPercent: numberArgument(call, 'reorder'),
  })),
  [`${meshNetwork}.corrupt_packets`]: network('corrupt', (call) => ({
    corruptPercent: numberArgument(call, 'corrupt'),
  })),
  [`${meshNetwork}.set_bandwidth`]: network('bandwidth', (call) => ({ rate: textArgument(call, 'rate') })),
  [`${meshStress}.stress_cpu`]: {
    kind: 'StressChaos',
    action: 'cpu',
    parameters: (call) => ({
      workers: numberArgument(call, 'workers'),
      loadPercent: numberArgument(call, 'load'),
    }),
  },
  [`${meshStress}.stress_memory`]: {
    kind: 'StressChaos',
    action: 'memory',
    parameters: (call) => ({
      workers: numberArgument(call, 'workers'),
      size: textArgument(call, 'size'),
    }),
  },
}

const MESH_UNDO: Readonly<Record<string, string>> = {
  [`${meshNetwork}.delete_network_fault`]: 'networkchaos',
  [`${meshStress}.delete_stressor`]: 'stresschaos',
}

/** chaostoolkit-kubernetes: its Chaos Mesh actions, killed pods, scaled deployments, any object of Chaos Mesh. */
export function chaosk8sStep(call: KnownCall): KnownStep | undefined {
  const name = `${call.module}.${call.func}`
  const row = MESH[name]
  if (row !== undefined) return meshStep(row, call)
  const undone = MESH_UNDO[name]
  if (undone !== undefined)
    return { does: 'undo', keyStart: `${undone} ${namespaceOf(call)}/${textArgument(call, 'name')}` }
  if (name === 'chaosk8s.pod.actions.terminate_pods' || name === 'chaosk8s.pod.actions.delete_pods')
    return killedPods(call)
  if (call.module === 'chaosk8s.crd.actions') return customObject(call)
  return call.module === 'chaosk8s.deployment.actions' ? deployment(call) : undefined
}

function meshStep(row: Row, call: KnownCall): KnownStep {
  const target = { ...targetOf(call, 'label_selectors'), ...selectedNamespace(call) }
  const parameters = parametersOf(row.parameters(call))
  return {
    does: 'inject',
    fault: {
      key: `${row.kind.toLowerCase()} ${namespaceOf(call)}/${textArgument(call, 'name')}`,
      kind: row.kind,
      action: row.action,
      label: labelOf(row.action, parameters, target),
      targets: [target],
      parameters,
      lasts: 'until-undone',
      // Only its stressors have one, and half a minute unless told otherwise.
      durationMs: row.kind === 'StressChaos' ? (ms(call, 'duration') ?? 30_000) : undefined,
    },
  }
}

function killedPods(call: KnownCall): KnownStep {
  const target = targetOf(call, 'label_selector')
  return {
    does: 'inject',
    fault: {
      key: `pods ${target.namespace}/${targetText(target)}`,
      kind: 'PodChaos',
      action: 'pod-kill',
      label: labelOf('pod-kill', {}, target),
      targets: [target],
      parameters: parametersOf({ pods: numberArgument(call, 'qty') }),
      lasts: 'moment',
    },
  }
}

/** `create_custom_object` with a Chaos Mesh manifest, and its deletion. */
function customObject(call: KnownCall): KnownStep | undefined {
  if (textArgument(call, 'group') !== 'chaos-mesh.org') return undefined
  const plural = textArgument(call, 'plural') ?? ''
  const namespace = namespaceOf(call)
  if (call.func === 'delete_custom_object')
    return { does: 'undo', keyStart: `${plural} ${namespace}/${textArgument(call, 'name')}` }
  const manifest = recordOf(call.arguments.resource)
  if (call.func !== 'create_custom_object' || manifest === undefined) return undefined
  const spec = recordOf(manifest.spec) ?? {}
  const selector = recordOf(spec.selector) ?? {}
  const [first] = Array.isArray(selector.namespaces) ? selector.namespaces : []
  const target: KnownTarget = {
    namespace: typeof first === 'string' ? first : namespace,
    labels: labelsOf(selector.labelSelectors),
    name: undefined,
  }
  const kind = typeof manifest.kind === 'string' ? manifest.kind : plural
  const action = typeof spec.action === 'string' ? spec.action : kind
  return {
    does: 'inject',
    fault: {
      key: `${plural} ${namespace}/${String(recordOf(manifest.metadata)?.name ?? '')}`,
      kind,
      action,
      label: labelOf(action, {}, target),
      targets: [target],
      parameters: {},
      lasts: 'until-undone',
      durationMs: typeof spec.duration === 'string' ? goDurationMs(spec.duration) : undefined,
    },
  }
}

/** Scaled to nothing, or gone; scaled up again, it is undone. */
function deployment(call: KnownCall): KnownStep | undefined {
  const name = textArgument(call, 'name')
  const replicas = numberArgument(call, 'replicas')
  const target: KnownTarget = {
    namespace: namespaceOf(call),
    labels: labelsOf(call.arguments.label_selector),
    name,
  }
  const key = `deployment ${target.namespace}/${name}`
  const isGone = call.func === 'delete_deployment' || (call.func === 'scale_deployment' && replicas === 0)
  if (isGone)
    return {
      does: 'inject',
      fault: {
        key,
        kind: 'PodChaos',
        action: 'pod-failure',
        label: labelOf('scaled to 0', {}, target),
        targets: [target],
        parameters: {},
        lasts: 'until-undone',
      },
    }
  return ['scale_deployment', 'create_deployment', 'rollout_deployment'].includes(call.func)
    ? { does: 'undo', keyStart: key }
    : undefined
}

function targetOf(call: KnownCall, selector: string): KnownTarget {
  return {
    namespace: namespaceOf(call),
    labels: labelsOf(call.arguments[selector]),
    name: textArgument(call, 'name_pattern'),
  }
}

/** The pods may be elsewhere than the object. */
function selectedNamespace(call: KnownCall): { readonly namespace?: string } {
  const value = call.arguments.namespaces_selectors
  const first = Array.isArray(value) ? value[0] : typeof value === 'string' ? value.split(',')[0] : undefined
  return typeof first === 'string' && first.trim() !== '' ? { namespace: first.trim() } : {}
}

function namespaceOf(call: KnownCall): string {
  return textArgument(call, 'ns') ?? 'default'
}

function ms(call: KnownCall, name: string): number | undefined {
  const text = textArgument(call, name)
  return text === undefined ? undefined : goDurationMs(text)
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

function labelOf(
  action: string,
  parameters: Readonly<Record<string, number | string>>,
  target: KnownTarget,
): string {
  const [first] = Object.entries(parameters)
  const amount = first === undefined ? '' : ` ${first[1]}${unitOf(first[0])}`
  return `${action}${amount} on ${targetText(target)}`
}

function unitOf(name: string): string {
  return name.endsWith('Ms') ? ' ms' : name.endsWith('Percent') ? ' %' : ''
}
