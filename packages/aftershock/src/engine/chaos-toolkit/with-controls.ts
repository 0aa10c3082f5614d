import type { PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ControlLevel, RunDocument } from './ports.ts'
import type { RunContext } from './run-context.ts'

type Lane = { readonly lane: 'foreground' | 'background'; readonly signal: AbortSignal }

/**
 * Work between the "before" and "after" hooks of a level. The "after" hooks run whatever happened in between, also
 * when a "before" hook interrupted; their state is what the work last set, `null` if it did not get there.
 */
export async function withControls<T>(
  run: RunContext,
  level: ControlLevel,
  context: PyValue,
  { lane, signal }: Lane,
  work: (setState: (state: PyValue) => void) => Promise<T>,
): Promise<T> {
  const document = documentOf(run, lane)
  const apply = (moment: 'before' | 'after', state: PyValue) =>
    run.controls.apply({ level, moment, context, state, document, signal })
  let state: PyValue = null
  try {
    await apply('before', null)
    return await work((given) => {
      state = given
    })
  } finally {
    await apply('after', state)
  }
}

export function documentOf(
  run: Pick<RunContext, 'experiment' | 'configuration' | 'secrets' | 'settings' | 'journal'>,
  lane: 'foreground' | 'background',
): RunDocument {
  return {
    experiment: run.experiment,
    configuration: run.configuration,
    secrets: run.secrets,
    settings: lane === 'foreground' ? run.settings : undefined,
    extensions: run.experiment.get('extensions'),
    journal: run.journal,
  }
}
