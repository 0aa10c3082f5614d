import { dirname } from 'node:path'
import type { LoadView } from '../engine/ports.ts'
import type { Warden } from '../faults/warden/warden-client.ts'
import { type Load, startLoad } from '../load/start-load.ts'
import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import { unseenLoad, viewOfLoad } from './load-view.ts'
import type { LocalRun } from './local-run.ts'

export type Traffic = {
  readonly view: LoadView
  readonly load: Load | undefined
  readonly stop: (waitMs: number) => Promise<void>
}

type AddSpans = (resource: Readonly<Record<string, AttributeValue>>, spans: readonly SpanInput[]) => void

/** Our own open-loop load, a command held by the warden, or nothing: somebody else's traffic. */
export async function startTraffic(
  run: Pick<LocalRun, 'settings' | 'folder' | 'name'>,
  warden: Warden,
  addUserSpans: AddSpans,
): Promise<Traffic> {
  const { settings, folder } = run
  const { load, system } = settings
  if (load === undefined) return { view: unseenLoad, load: undefined, stop: async () => {} }
  const baggage = { 'chaos.experiment.id': folder.id, 'chaos.experiment.name': run.name }
  if (load.kind === 'command') {
    const cwd = system.file === undefined ? process.cwd() : dirname(system.file)
    const env = { BAGGAGE: `chaos.experiment.id=${folder.id}` }
    await warden.startCommand({ name: 'load', command: load.command, cwd, env })
    return { view: unseenLoad, load: undefined, stop: () => warden.stopCommand('load') }
  }
  const running = await startLoad({
    requests: load.requests,
    rps: load.rps,
    timeoutMs: load.timeoutMs,
    seed: settings.seed,
    baggage,
    onSpans: addUserSpans,
  })
  const stop = async (waitMs: number): Promise<void> => {
    await running.stop(waitMs)
  }
  return { view: viewOfLoad(running), load: running, stop }
}
