import type { Schedule } from '../../engine/chaos-toolkit/continuous-hypothesis.ts'
import type { HypothesisStrategy } from '../../engine/chaos-toolkit/run.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { type Given, numberIn } from './options.ts'

export type Strategies = {
  readonly hypothesisStrategy: HypothesisStrategy
  readonly rollbackStrategy: string
  readonly schedule: Schedule
}

/** The command line wins over the experiment's `runtime`, which as a whole wins over the settings'. */
export function strategiesOf(given: Given, experiment: PyDict, settings: PyDict): Strategies {
  const hypothesis =
    given.texts.get('--hypothesis-strategy') ?? declaredStrategy('hypothesis', experiment, settings)
  return {
    hypothesisStrategy: hypothesisStrategy(hypothesis),
    rollbackStrategy:
      given.texts.get('--rollback-strategy') ?? declaredStrategy('rollbacks', experiment, settings),
    schedule: {
      frequencySeconds: numberIn(given.texts.get('--hypothesis-frequency') ?? '1'),
      failsFast: given.flags.has('--fail-fast'),
    },
  }
}

function declaredStrategy(part: 'hypothesis' | 'rollbacks', experiment: PyDict, settings: PyDict): string {
  const own = experiment.get('runtime')
  const runtime = isDict(own) && own.size > 0 ? own : settings.get('runtime')
  const block = isDict(runtime) ? runtime.get(part) : undefined
  const strategy = isDict(block) ? block.get('strategy') : undefined
  return strategy === undefined ? 'default' : pythonText(strategy)
}

const STRATEGIES: readonly HypothesisStrategy[] = [
  'default',
  'before-method-only',
  'after-method-only',
  'during-method-only',
  'continuously',
  'skip',
]

/** The command line also takes a spelling that was once documented. */
function hypothesisStrategy(text: string): HypothesisStrategy {
  const known = STRATEGIES.find((one) => one === (text === 'continously' ? 'continuously' : text))
  if (known !== undefined) return known
  throw new Refused(`Unknown strategy '${text}' for the hypothesis: it is one of ${STRATEGIES.join(', ')}`)
}
