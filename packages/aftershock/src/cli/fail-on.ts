import { suggestion } from '../formats/did-you-mean.ts'
import { ProblemError } from '../model/problem.ts'
import { VERDICT_WORDS } from '../report/words.ts'

const VERDICTS = Object.keys(VERDICT_WORDS)

/** The verdicts that give a non-zero exit. @throws ProblemError for a word that is none: it would never fail */
export function failingVerdicts(text: string): ReadonlySet<string> {
  const words = text.split(',').map((word) => word.trim())
  const strange = words.find((word) => !VERDICTS.includes(word))
  if (strange === undefined) return new Set(words)
  const near = suggestion(strange, VERDICTS)
  throw new ProblemError([
    {
      code: 'fail-on',
      what: 'Cannot read --fail-on',
      why: `it takes verdicts, separated by commas: ${VERDICTS.join(', ')}; current value is ${JSON.stringify(text)}`,
      fix: near === '' ? '--fail-on broke,inconclusive' : near,
    },
  ])
}
