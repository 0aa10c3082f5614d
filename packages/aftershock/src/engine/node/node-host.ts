import type { ExtensionHost } from '../chaos-toolkit/ports.ts'
import { nodeActivities } from './node-activities.ts'
import { nodeControls } from './node-controls.ts'

/** Providers and controls of type `node`: for those who write chaos experiments without Python. */
export const nodeHost: ExtensionHost = {
  activities: nodeActivities,
  controls: nodeControls,
  search: undefined,
  discover: undefined,
  extensions: undefined,
  notify: undefined,
  close: async () => undefined,
}
