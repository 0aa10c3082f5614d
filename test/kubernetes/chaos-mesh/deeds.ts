import type { Deed, Stage } from './player.ts'

/** What goes on for a record now. */
export function openDeeds(stage: Stage, object: string, id: string): readonly Deed[] {
  return stage.deeds.filter((one) => one.object === object && one.id === id && one.endNs === undefined)
}
