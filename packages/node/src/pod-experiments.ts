import { readFileSync } from 'node:fs'

/** Where the downward API puts the pod's annotations, by custom. */
export const ANNOTATIONS_FILE = '/etc/podinfo/annotations'
const EXPERIMENT = 'chaos-mesh.org/experiment'
/** The kubelet refreshes the file about once a minute; more often is only reading. */
const LOOK_MS = 5_000

export type PodExperiments = {
  /** `<namespace>/<name>` of the experiments that act on this pod. */
  names(): readonly string[]
}

/** The annotation that `aftershock watch` writes on a pod, read again when it may have changed. */
export function podExperiments(
  file: string = ANNOTATIONS_FILE,
  nowMs: () => number = () => performance.now(),
): PodExperiments {
  let known: readonly string[] = []
  let readAtMs = Number.NEGATIVE_INFINITY
  return {
    names: () => {
      const now = nowMs()
      if (now - readAtMs < LOOK_MS) return known
      readAtMs = now
      known = experimentsIn(textOf(file))
      return known
    },
  }
}

/** Lines are `key="value"`, quoted as Go's `%q` does. */
export function experimentsIn(annotations: string): readonly string[] {
  const line = annotations.split('\n').find((one) => one.startsWith(`${EXPERIMENT}=`))
  if (line === undefined) return []
  return unquoted(line.slice(EXPERIMENT.length + 1))
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** Outside a cluster there is no such file: then nothing acts on us. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function unquoted(value: string): string {
  try {
    return String(JSON.parse(value))
  } catch {
    return value.replaceAll('"', '')
  }
}
