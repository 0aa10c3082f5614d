import { type Command, InvalidArgumentError, Option } from 'commander'
import type { KubeSettings } from '../kubernetes/kubeconfig.ts'

/** Flags of commands that may act on a cluster. */
export type ClusterFlags = {
  /** Undefined: this machine. */
  readonly target?: ClusterTarget | undefined
  readonly context?: string
  readonly kubeconfig?: string
  readonly namespace?: string
  readonly yes?: boolean
  readonly confirm?: string
  readonly forceFinalizers?: boolean
}

export type ClusterTarget =
  | { readonly kind: 'local' }
  | { readonly kind: 'k8s'; readonly context: string | undefined }

export function addTargetOptions(command: Command, name: string): Command {
  return command
    .addOption(
      new Option('--target <where>', '`local`, or `k8s[:context]`: by Chaos Mesh in a cluster')
        .argParser(targetOf)
        .env(`AFTERSHOCK_${name.toUpperCase()}_TARGET`),
    )
    .option('--context <name>', 'context of the kubeconfig (with --target k8s)')
    .option('--kubeconfig <file>', 'default: KUBECONFIG, ~/.kube/config, the pod’s service account')
    .option(
      '--namespace <name>',
      name === 'stop'
        ? 'look for objects of ours only there (default: everywhere)'
        : 'of manifests that name none (default: the context’s)',
    )
}

export function addConsentOptions(command: Command): Command {
  return command
    .option('--yes', 'do not ask before injecting into a cluster')
    .option('--confirm <context>', 'needed instead of --yes where context or namespace look like production')
    .option(
      '--force-finalizers',
      'drop chaos objects that Chaos Mesh cannot recover; what they injected may stay',
    )
}

export function targetOf(text: string): ClusterTarget {
  if (text === 'local') return { kind: 'local' }
  const match = /^k8s(?::(.+))?$/.exec(text)
  if (match === null) throw new InvalidArgumentError('it must be local, k8s or k8s:<context>.')
  return { kind: 'k8s', context: match[1] }
}

export function isCluster(flags: ClusterFlags): boolean {
  return flags.target?.kind === 'k8s'
}

export function kubeSettingsOf(flags: ClusterFlags): KubeSettings {
  const named = flags.target?.kind === 'k8s' ? flags.target.context : undefined
  return { kubeconfig: flags.kubeconfig, context: flags.context ?? named }
}
