import { existsSync, readFileSync } from 'node:fs'
import { dictsIn } from '../../engine/chaos-toolkit/control-order.ts'
import { notify } from '../../engine/chaos-toolkit/notify.ts'
import { convertTo } from '../../formats/chaos-toolkit/convert.ts'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict, isDict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { writeYaml } from '../../formats/chaos-toolkit/yaml-write.ts'
import { type Asker, asker, Unanswered } from './ask.ts'
import type { ChaosContext } from './chaos-command.ts'
import type { Given } from './options.ts'
import { saveFile } from './save-file.ts'

/** `chaos init`: asks for an experiment, with the activities that `discover` found. @returns 1 when it is broken off */
export async function run(given: Given, context: ChaosContext): Promise<number> {
  const { io, log } = context
  const settings = await context.settings()
  await notify(settings, { name: 'init-started', payload: null }, undefined, log)
  io.out.write('You are about to create an experiment: a steady-state hypothesis, a method, rollbacks.\n')
  const found = discovery(given.texts.get('--discovery-path') ?? './discovery.json')
  if (found === undefined) io.out.write("No discovery was found, let's create an empty experiment\n")
  const questions = asker(io)
  try {
    const experiment = await askExperiment(questions, found, io)
    const path = given.texts.get('--experiment-path') ?? './experiment.json'
    const isYaml = /\.ya?ml$/i.test(path)
    const text = isYaml
      ? writeYaml(experiment, { order: 'kept', step: 4 })
      : writeJson(experiment, { indent: 4, nonAscii: 'escaped' })
    saveFile(path, text)
    io.out.write(`\nExperiment created and saved in '${path}'\n`)
    await notify(settings, { name: 'init-completed', payload: experiment }, undefined, log)
    return 0
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
    io.err.write('\nAborted!\n')
    return 1
  } finally {
    questions.close()
  }
}

function discovery(path: string): readonly PyDict[] | undefined {
  if (!existsSync(path)) return undefined
  const found = readJson(readFileSync(path, 'utf8'))
  return isDict(found) ? dictsIn(found.get('activities')) : []
}

async function askExperiment(
  questions: Asker,
  found: readonly PyDict[] | undefined,
  io: ChaosContext['io'],
): Promise<PyDict> {
  const experiment = dict({
    title: await questions.text("Experiment's title"),
    description: 'N/A',
    tags: [],
  })
  if (await questions.isWanted('Do you want to define a steady state hypothesis now?')) {
    const title = await questions.text("Hypothesis's title")
    const probes = (found ?? []).filter((one) => one.get('type') === 'probe')
    const picked = found === undefined ? [] : await pick(questions, probes, 'with-tolerance', io)
    experiment.set('steady-state-hypothesis', dict({ title, probes: picked }))
  }
  // Without a discovery there is nothing to choose from, and no method: as in the reference, it is for people to write.
  if (found === undefined) return experiment
  experiment.set('method', [])
  if (await questions.isWanted('Do you want to define an experimental method?')) {
    experiment.set('method', await pick(questions, found, 'plain', io))
  }
  if (await questions.isWanted('Do you want to add some rollbacks now?')) {
    const actions = found.filter((one) => one.get('type') === 'action')
    experiment.set('rollbacks', await pick(questions, actions, 'plain', io))
  }
  return experiment
}

async function pick(
  questions: Asker,
  activities: readonly PyDict[],
  kind: 'plain' | 'with-tolerance',
  io: ChaosContext['io'],
): Promise<PyValue[]> {
  const picked: PyValue[] = []
  do {
    const selected = await choose(questions, activities, io)
    if (selected === undefined) break
    const doc = selected.get('doc')
    if (typeof doc === 'string' && doc !== '') io.out.write(`\n${doc}\n`)
    const type = pythonText(selected.get('type') ?? null)
    if (await questions.isWanted(`Do you want to use this ${type}?`)) {
      picked.push(await askActivity(questions, selected, kind, io))
    }
  } while (await questions.isWanted('Do you want to select another activity?'))
  return picked
}

/** @returns undefined to escape */
async function choose(
  questions: Asker,
  activities: readonly PyDict[],
  io: ChaosContext['io'],
): Promise<PyDict | undefined> {
  for (;;) {
    io.out.write('Add an activity\n')
    for (const [at, one] of activities.entries()) {
      io.out.write(`${at + 1}) ${pythonText(one.get('name') ?? null)}\n`)
    }
    const number = Number(await questions.text('Activity (0 to escape)'))
    if (number === 0) return undefined
    const selected = activities[number - 1]
    if (selected !== undefined) return selected
    io.err.write('Please pick up a valid activity\n')
  }
}

async function askActivity(
  questions: Asker,
  selected: PyDict,
  kind: 'plain' | 'with-tolerance',
  io: ChaosContext['io'],
) {
  const tolerance =
    kind === 'plain' ? undefined : await questions.text('What is the tolerance for this probe?')
  const given: PyDict = new Map<PyKey, PyValue>()
  for (const argument of dictsIn(selected.get('arguments'))) {
    const name = pythonText(argument.get('name') ?? null)
    if (name === 'secrets' || name === 'configuration') continue
    given.set(name, await askArgument(questions, name, argument, io))
  }
  return dict({
    type: selected.get('type'),
    name: selected.get('name'),
    provider: dict({
      type: 'python',
      module: selected.get('mod'),
      func: selected.get('name'),
      arguments: given,
    }),
    tolerance,
  })
}

async function askArgument(
  questions: Asker,
  name: string,
  argument: PyDict,
  io: ChaosContext['io'],
): Promise<PyValue> {
  const byDefault = argument.get('default')
  for (;;) {
    const shown = byDefault === undefined ? undefined : byDefault === null ? '' : pythonText(byDefault)
    const answer = await questions.text(`Argument's value for '${name}'`, shown)
    if (byDefault !== undefined && answer === shown) return byDefault
    try {
      return typed(answer, argument.get('type') ?? null)
    } catch (error) {
      if (!(error instanceof PythonError)) throw error
      io.err.write(`Error: ${error.message}\n`)
    }
  }
}

const BOOLEANS = new Map([
  ...['1', 'true', 't', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['0', 'false', 'f', 'no', 'n', 'off'].map((word) => [word, false] as const),
])

/**
 * As the type of the argument says. Lists and objects are written as JSON, which the reference cannot read at all.
 * @throws PythonError for an answer that is none of its type
 */
function typed(answer: string, type: PyValue): PyValue {
  if (type === 'integer' || type === 'number') return convertTo(type, answer)
  if (type === 'boolean') {
    const found = BOOLEANS.get(answer.trim().toLowerCase())
    if (found !== undefined) return found
    throw new PythonError('ValueError', `'${answer}' is not a valid boolean.`)
  }
  if (type === 'list' || type === 'mapping' || type === 'tuple' || type === 'set') return readJson(answer)
  return answer
}
