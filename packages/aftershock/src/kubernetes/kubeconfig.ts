import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'

/** Which cluster, and as whom. */
export type KubeSettings = {
  /** Path of a kubeconfig; default: KUBECONFIG, then ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined
  /** Default: the current context. */
  readonly context?: string | undefined
}

/**
 * The kubeconfig as kubectl reads it: several files of KUBECONFIG merged, the first one's entries winning.
 *
 * @throws ProblemError `kubeconfig-missing` (exit 4)
 */
export function readKubeconfig(settings: KubeSettings): KubeConfig {
  const files = filesOf(settings)
  const config = new KubeConfig()
  try {
    if (files.length === 0 && process.env.KUBERNETES_SERVICE_HOST !== undefined) config.loadFromCluster()
    else if (files.length === 0) throw new Error('there is no KUBECONFIG and no ~/.kube/config')
    for (const file of files) merge(config, fromFile(file))
  } catch (error) {
    throw new ProblemError([missing(error)], 4, error)
  }
  if (settings.context !== undefined) config.setCurrentContext(settings.context)
  return config
}

function filesOf({ kubeconfig }: KubeSettings): readonly string[] {
  if (kubeconfig !== undefined) return [kubeconfig]
  const named = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
  // As kubectl: a file of the list that is not there is passed over, unless it is the only one.
  if (named.length > 0) return named.length === 1 ? named : named.filter((file) => existsSync(file))
  const home = join(homedir(), '.kube', 'config')
  return existsSync(home) ? [home] : []
}

function fromFile(file: string): KubeConfig {
  const folder = dirname(file)
  const config = new KubeConfig()
  // The library knows the field only under a name of its own.
  const text = readFileSync(file, 'utf8').replaceAll(
    /^(\s*(?:- )?|.*[{,]\s*)"?tokenFile"?:\s*(["']?)([^"'\n,}]+)\2/gm,
    (_, before: string, _quote: string, path: string) =>
      `${before}"token-file": ${JSON.stringify(isAbsolute(path) ? path : join(folder, path))}`,
  )
  config.loadFromString(text)
  config.makePathsAbsolute(folder)
  return config
}

function merge(into: KubeConfig, from: KubeConfig): void {
  const isNew = <T extends { readonly name: string }>(known: readonly T[], one: T): boolean =>
    !known.some((other) => other.name === one.name)
  for (const one of from.clusters) if (isNew(into.clusters, one)) into.addCluster(one)
  for (const one of from.users) if (isNew(into.users, one)) into.addUser(one)
  for (const one of from.contexts) if (isNew(into.contexts, one)) into.addContext(one)
  into.currentContext ||= from.currentContext
}

function missing(error: unknown): ProblemError['problems'][number] {
  return {
    code: 'kubeconfig-missing',
    what: 'Cannot read the kubeconfig',
    why: `it must be a file that kubectl can read: ${errorText(error)}`,
    fix: 'set KUBECONFIG, or give --kubeconfig <file>',
  }
}
