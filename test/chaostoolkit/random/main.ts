import { compareAll } from '../compare-all.ts'
import type { Environment } from '../environment.ts'
import { runners } from '../run-case.ts'
import { startEcho } from './echo.ts'
import { randomCases } from './experiments.ts'
import { functionDifferences } from './functions.ts'

/** A question to the reference's functions costs a ten-thousandth of what an experiment does. */
const QUESTIONS_PER_EXPERIMENT = 1_000
const SHOWN_MAX = 20

/**
 * `random --seed N --count M`: M experiments that nobody wrote, through both runners, and a thousand times as many
 * questions to the functions below. The same seed asks the same.
 *
 * @returns how many differ
 */
export async function compareRandom(environment: Environment, words: readonly string[]): Promise<number> {
  const seed = numberAfter('--seed', words) ?? 1
  const count = numberAfter('--count', words) ?? 20
  const questions = count * QUESTIONS_PER_EXPERIMENT
  const found = await functionDifferences(environment.python, seed, questions)
  for (const { question, want, got } of found.slice(0, SHOWN_MAX))
    console.log(`FAIL ${question}\n       want ${want}\n       got  ${got}`)
  console.log(
    `${questions - found.length} of ${questions} questions answered as the reference (seed ${seed})`,
  )
  const { reference, ours } = runners(environment)
  await using echo = await startEcho()
  const cases = randomCases(seed, count, echo.url)
  return found.length + (await compareAll(reference, ours, cases, { lanes: 2, shows: 'failures' }))
}

function numberAfter(flag: string, words: readonly string[]): number | undefined {
  const at = words.indexOf(flag)
  const value = at === -1 ? Number.NaN : Number(words[at + 1])
  if (at !== -1 && !Number.isInteger(value)) throw new Error(`${flag} must be followed by a whole number`)
  return at === -1 ? undefined : value
}
