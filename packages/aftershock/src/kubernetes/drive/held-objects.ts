import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ref } from '../client.ts'
import type { KubeSettings } from '../kubeconfig.ts'

/** The cluster that a run acted on, and what it may have left there. */
export type HeldObjects = {
  readonly runId: string
  readonly settings: KubeSettings
  readonly server: string
  readonly refs: readonly Ref[]
}

type Line =
  | {
      readonly type: 'cluster'
      readonly runId: string
      readonly settings: KubeSettings
      readonly server: string
    }
  | { readonly type: 'hold'; readonly ref: Ref }
  | { readonly type: 'release'; readonly ref: Ref }

/** Beside `events.ndjson`: each line is on disk before the step that it names acts. */
export function heldObjectsFile(runFolder: string): string {
  return join(runFolder, 'cluster.ndjson')
}

export function writeHeld(runFolder: string, line: Line): void {
  const file = heldObjectsFile(runFolder)
  appendFileSync(file, `${JSON.stringify(line)}\n`)
  const descriptor = openSync(file, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** @returns undefined for a run that acted on no cluster; a last line that a kill cut off does not count */
export function readHeld(runFolder: string): HeldObjects | undefined {
  let text: string
  try {
    text = readFileSync(heldObjectsFile(runFolder), 'utf8')
  } catch {
    return undefined
  }
  const lines = text.split('\n').flatMap(parsed)
  const cluster = lines.find((line) => line.type === 'cluster')
  if (cluster === undefined) return undefined
  const open = new Map<string, Ref>()
  for (const line of lines) {
    if (line.type === 'hold') open.set(refText(line.ref), line.ref)
    if (line.type === 'release') open.delete(refText(line.ref))
  }
  const { runId, settings, server } = cluster
  return { runId, settings, server, refs: [...open.values()] }
}

/** `NetworkChaos shop/delay`. */
export function refText({ resource, namespace, name }: Ref): string {
  return `${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

function parsed(text: string): readonly Line[] {
  try {
    return text === '' ? [] : [JSON.parse(text) as Line]
  } catch {
    return []
  }
}
