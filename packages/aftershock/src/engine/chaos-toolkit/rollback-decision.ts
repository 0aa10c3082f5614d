import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { Compatibility } from './run-context.ts'

export type RollbackDecision = {
  readonly play: 'planned' | 'safety' | 'none'
  readonly why: string
  /** The reference says something at the level of a warning. */
  readonly isLoud: boolean
}

export type RollbackFacts = {
  readonly strategy: string
  readonly journal: PyDict
  /** At least one activity of the method was started. */
  readonly hasStarted: boolean
  readonly endedBy: EndedBy
  readonly compatibility: Compatibility
}

/**
 * `an ungraceful exit`: SIGUSR2 or `exit_ungracefully()`; the reference plays no rollbacks then, whatever the strategy.
 * `killed`: the process is gone, and somebody else decides in its place.
 */
export type EndedBy = 'itself' | 'an ungraceful exit' | 'killed'

/**
 * Whether rollbacks are played. Where the reference, under its `default` strategy, leaves what the method did in place,
 * they are played for safety, unless strictness is asked for.
 */
export function decideRollbacks(facts: RollbackFacts): RollbackDecision {
  const planned = byStrategy(facts)
  if (planned.play === 'planned' || facts.compatibility === 'strict' || !facts.hasStarted) return planned
  const isOnPurpose =
    facts.strategy !== 'default' && !(facts.endedBy === 'an ungraceful exit' && facts.strategy === 'always')
  if (isOnPurpose) return planned
  return {
    play: 'safety',
    why: `${planned.why}; the method had started, so they are played for safety`,
    isLoud: true,
  }
}

function byStrategy({ strategy, journal, hasStarted, endedBy }: RollbackFacts): RollbackDecision {
  const no = (why: string, isLoud: boolean): RollbackDecision => ({ play: 'none', why, isLoud })
  const yes = (why: string, isLoud: boolean): RollbackDecision => ({ play: 'planned', why, isLoud })
  const status = String(journal.get('status'))
  if (endedBy === 'killed' && !hasStarted)
    return no('the run was killed before its method had started', false)
  if (endedBy === 'an ungraceful exit') return no('Ignoring rollbacks as per signal', true)
  switch (strategy) {
    case 'always':
      return yes('Rollbacks were explicitly requested to be played', true)
    case 'never':
      return no('Rollbacks were explicitly requested to not be played', true)
    case 'deviated':
      if (journal.get('deviated') === true) {
        return yes('Rollbacks will be played only because the experiment deviated', true)
      }
      return no(
        'Rollbacks were explicitly requested to be played only if the experiment deviated. Since this is not the case, we will not play them.',
        true,
      )
    case 'default':
      if (endedBy === 'killed') return yes('the run was killed, and its method had started', true)
      if (status !== 'failed' && status !== 'interrupted') {
        return yes('the run neither failed nor was it interrupted', false)
      }
      return no(`under the strategy default a run that is ${status} has no rollbacks`, false)
    default:
      return no(`no rollbacks under the unknown strategy '${strategy}'`, false)
  }
}
