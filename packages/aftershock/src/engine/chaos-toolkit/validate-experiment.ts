import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { toleranceMessage } from '../../formats/chaos-toolkit/tolerance-check.ts'
import { isDict, isList, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { dictOf, type Environment, loadConfiguration } from './configuration.ts'
import type { ControlsOf } from './controls.ts'
import type { ChaosLog } from './log.ts'
import { namedActivities } from './named-activities.ts'
import type { ProviderOf } from './run-context.ts'
import { loadSecrets } from './secrets.ts'
import { Refused } from './stops.ts'
import { activityMessage } from './validate-activity.ts'
import { checkControls } from './validate-controls.ts'

export type ValidateInput = {
  readonly experiment: PyValue
  readonly env: Environment
  readonly providerOf: ProviderOf
  readonly controlsOf: ControlsOf
  readonly log: ChaosLog
}

/** Checks an experiment in the reference's order and words. @throws Refused @throws PythonError where the reference crashes */
export async function validateExperiment(input: ValidateInput): Promise<PyDict> {
  const { experiment, log } = input
  log.info("Validating the experiment's syntax")
  if (!pythonTruth(experiment)) throw new Refused('an empty experiment is not an experiment')
  if (!isDict(experiment)) throw new Refused('an experiment must be a mapping with a title and a method')
  checkSections(experiment)
  checkHead(experiment)
  const none: PyDict = new Map<PyKey, PyValue>()
  const configuration = loadConfiguration(experiment.get('configuration') ?? none, none, input.env)
  const declared = experiment.get('secrets') ?? none
  const secrets = await loadSecrets({ declared, configuration, overrides: none, env: input.env, log })
  const scope = { configuration, secrets }
  const check = (activity: PyValue) => checkActivity(activity, scope, input)
  await checkHypothesis(experiment.get('steady-state-hypothesis'), check)
  await checkMethod(experiment, check)
  for (const activity of listOf(experiment.get('rollbacks') ?? [], 'rollbacks')) await check(activity)
  warnOfOldForms(experiment, log)
  await checkControls(experiment, input.controlsOf, log)
  log.info('Experiment looks valid')
  return experiment
}

/** Sections that are there must not be null: the reference crashes on them before it looks at anything. */
function checkSections(experiment: PyDict): void {
  for (const name of [
    'steady-state-hypothesis',
    'method',
    'rollbacks',
    'controls',
    'configuration',
    'secrets',
  ]) {
    if (experiment.get(name) === null) {
      throw new Refused(`the section '${name}' of an experiment must not be null: leave it out instead`)
    }
  }
}

function checkHead(experiment: PyDict): void {
  if (!pythonTruth(experiment.get('title') ?? null)) throw new Refused('experiment requires a title')
  if (!pythonTruth(experiment.get('description') ?? null)) {
    throw new Refused('experiment requires a description')
  }
  const tags = experiment.get('tags') ?? null
  if (pythonTruth(tags) && typeof tags !== 'string') {
    const all = isDict(tags) ? [...tags.keys()] : isList(tags) ? tags : [null]
    if (all.some((tag) => typeof tag !== 'string' || tag === '')) {
      throw new Refused('experiment tags must be a non-empty string')
    }
  }
  const extensions = experiment.get('extensions') ?? null
  for (const extension of pythonTruth(extensions) ? listOf(extensions, 'extensions') : []) {
    const name = isDict(extension) ? extension.get('name') : undefined
    if (typeof name !== 'string' || name.trim() === '') {
      throw new Refused('All extensions require a non-empty name')
    }
  }
}

type Check = (activity: PyValue) => Promise<void>
type Scope = { readonly configuration: PyDict; readonly secrets: PyDict }

async function checkActivity(activity: PyValue, scope: Scope, input: ValidateInput): Promise<void> {
  const message = await activityMessage(activity, scope, input.providerOf)
  if (message !== undefined) throw new Refused(message)
}

async function checkHypothesis(hypothesis: PyValue | undefined, check: Check): Promise<void> {
  if (hypothesis === undefined) return
  const own = dictOf(hypothesis, 'steady-state-hypothesis')
  if (!pythonTruth(own.get('title') ?? null)) throw new Refused('hypothesis requires a title')
  const probes = own.get('probes') ?? null
  for (const probe of pythonTruth(probes) ? listOf(probes, 'probes') : []) {
    await check(probe)
    const tolerance = isDict(probe) ? probe.get('tolerance') : undefined
    if (tolerance === undefined) throw new Refused('hypothesis probe must have a tolerance entry')
    const message = toleranceMessage(tolerance)
    if (message !== undefined) throw new Refused(message)
    if (isDict(tolerance) && tolerance.get('type') === 'probe') await check(tolerance)
  }
}

async function checkMethod(experiment: PyDict, check: Check): Promise<void> {
  const method = experiment.get('method')
  if (method === undefined) {
    throw new Refused(
      'an experiment requires a method, which can be empty for only checking steady state hypothesis',
    )
  }
  const named = namedActivities(experiment)
  for (const activity of listOf(method, 'method')) {
    await check(activity)
    const reference = isDict(activity) ? (activity.get('ref') ?? null) : null
    if (pythonTruth(reference) && !named.has(pythonText(reference))) {
      throw new Refused(`referenced activity '${pythonText(reference)}' could not be found in the experiment`)
    }
  }
}

function listOf(value: PyValue, name: string): readonly PyValue[] {
  if (isList(value)) return value
  throw new PythonError('TypeError', `the ${name} of an experiment must be a list`)
}

function warnOfOldForms(experiment: PyDict, log: ChaosLog): void {
  const hypothesis = experiment.get('steady-state-hypothesis')
  const sections = [isDict(hypothesis) ? hypothesis.get('probes') : undefined]
  sections.push(experiment.get('method'), experiment.get('rollbacks'))
  const providers = sections
    .flatMap((section) => (isList(section) ? section : []))
    .map((activity) => (isDict(activity) ? activity.get('provider') : undefined))
    .filter(isDict)
  if (providers.some((one) => one.get('type') === 'process' && isDict(one.get('arguments')))) {
    log.warning(
      'Process arguments should now be a list to keep the ordering of the arguments. Dictionary arguments are deprecated for process activities.',
    )
  }
  const secrets = experiment.get('secrets')
  for (const scope of isDict(secrets) ? secrets.values() : []) {
    if (!isDict(scope)) throw new PythonError('AttributeError', 'each scope of the secrets must be a mapping')
    for (const secret of scope.values()) {
      if (!isDict(secret) || secret.get('type') !== 'vault') continue
      if (secret.has('key') && !secret.has('path')) {
        log.warning(
          'Vault secrets must now specify the `path` property. The `key` property is now a key of a Vault secret rather than the actual path.',
        )
      }
    }
  }
}
