import { dirname } from 'node:path'
import type { LoadView } from '../engine/ports.ts'
import type { RunFolder } from '../engine/run-folder.ts'
import type { Warden } from '../faults/warden/warden-client.ts'
import { type Load, startLoad } from '../load/start-load.ts'
import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import { unseenLoad, viewOfLoad } from './load-view.ts'
import type { RunSettings } from './run-settings.ts'

export type Traffic = {
  readonly view: LoadView
  readonly load: Load | undefined
  /** Every request has its time to be answered, so that none is cut off that would not have been; less where there is a hurry. */
  readonly stop: (hurry: AbortSignal) => Promise<void>
}

type AddSpans = (resource: Readonly<Record<string, AttributeValue>>, spans: readonly SpanInput[]) => void

/** For answers on their way when a run is stopped. */
const hurriedMs = 500

/** Our own open-loop load, a command held by the warden, or nothing: somebody else's traffic. */
export async function startTraffic(
  run: Readonly<{ settings: RunSettings; folder: RunFolder; name: string }>,
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
  const stop = async (hurry: AbortSignal): Promise<void> => {
    await running.stop(hurry.aborted ? hurriedMs : load.timeoutMs, hurry)
  }
  return { view: viewOfLoad(running), load: running, stop }
}
