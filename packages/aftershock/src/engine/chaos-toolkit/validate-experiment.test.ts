import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { arbitraryValue } from '../../formats/chaos-toolkit/values.fixture.ts'
import { dict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { httpProvider } from './http-provider.ts'
import { processProvider } from './process-provider.ts'
import { Refused } from './stops.ts'
import { keptLog, runText } from './test-support/run-text.ts'
import { validateExperiment } from './validate-experiment.ts'

async function verdict(experiment: PyValue): Promise<string> {
  const { log } = keptLog()
  const providers = { http: httpProvider(log), process: processProvider(log) }
  try {
    await validateExperiment({
      experiment,
      env: {},
      providerOf: (type) => (type === 'http' || type === 'process' ? providers[type] : undefined),
      controlsOf: () => undefined,
      log,
    })
    return 'valid'
  } catch (error) {
    if (error instanceof Refused || error instanceof PythonError) return error.message
    throw error
  }
}

const BASE = { title: 't', description: 'd', method: [] }
const ECHO = { type: 'action', name: 'a', provider: { type: 'process', path: 'echo' } }
const of = (parts: object) => readJson(JSON.stringify({ ...BASE, ...parts }))

describe('validateExperiment()', () => {
  test.each([
    [{}, 'valid'],
    [{ title: '' }, 'experiment requires a title'],
    [{ description: null }, 'experiment requires a description'],
    [
      { method: undefined },
      'an experiment requires a method, which can be empty for only checking steady state hypothesis',
    ],
    [{ method: null }, "the section 'method' of an experiment must not be null: leave it out instead"],
    [{ tags: ['a', ''] }, 'experiment tags must be a non-empty string'],
    [{ tags: 'abc' }, 'valid'],
    [{ extensions: [{ name: ' ' }] }, 'All extensions require a non-empty name'],
    [{ contributions: { a: 'weird' }, whatever: 1 }, 'valid'],
    [{ method: [{ ...ECHO, type: undefined }] }, 'an activity must have a type'],
    [{ method: [{ ...ECHO, type: 'load' }] }, "'load' is not a supported activity type"],
    [{ method: [{ ...ECHO, name: '' }] }, 'an activity must have a name'],
    [{ method: [{ ...ECHO, provider: undefined }] }, 'an activity requires a provider'],
    [{ method: [{ ...ECHO, provider: { type: 'go' } }] }, "unknown provider type 'go'"],
    [{ method: [{ ...ECHO, timeout: '1' }] }, 'activity timeout must be a number'],
    [
      { method: [{ ...ECHO, pauses: { after: 'x' } }] },
      'activity after pause must be a number or a pattern to a variable from the configuration or secrets',
    ],
    [{ method: [{ ...ECHO, background: 'yes' }] }, 'activity background must be a boolean'],
    [{ method: [{ ...ECHO, provider: { type: 'http' } }] }, 'a HTTP activity must have a URL'],
    [
      { method: [{ ...ECHO, provider: { type: 'http', url: 'x', headers: [1] } }] },
      'a HTTP activities expect headers as a mapping',
    ],
    [
      { method: [{ ref: 'rb' }], rollbacks: [{ ...ECHO, name: 'rb' }] },
      "referenced activity 'rb' could not be found in the experiment",
    ],
    [{ rollbacks: [{ ref: 'nothing' }] }, 'valid'],
    [{ 'steady-state-hypothesis': { probes: [] } }, 'hypothesis requires a title'],
    [
      { 'steady-state-hypothesis': { title: 'h', probes: [ECHO] } },
      'hypothesis probe must have a tolerance entry',
    ],
    [{ controls: [{ provider: {} }] }, 'A control must have a `name` property'],
    [{ controls: [{ name: 'c' }] }, "Control 'c' must have a `provider` property"],
    [
      { controls: [{ name: 'c', provider: {}, scope: 'pre' }] },
      "Control 'c' scope property must be 'before' or 'after' only",
    ],
    [{ secrets: { s: 'scalar' } }, 'each scope of the secrets must be a mapping'],
  ])('%j: %s', async (parts, message) => {
    expect(await verdict(of(parts))).toBe(message)
  })

  test('gives a reason or a result, whatever stands in the sections', async () => {
    const activity = fc.oneof(
      arbitraryValue,
      arbitraryValue.map((value) =>
        dict({ type: 'action', name: 'n', provider: value, controls: value, pauses: value }),
      ),
    )
    const sections = fc.record(
      Object.fromEntries(
        [
          'title',
          'tags',
          'extensions',
          'configuration',
          'secrets',
          'steady-state-hypothesis',
          'method',
          'rollbacks',
          'controls',
        ].map((name) => [name, fc.oneof(arbitraryValue, fc.array(activity, { maxLength: 2 }))]),
      ),
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(sections, async (given) => {
        expect(await verdict(dict({ title: 't', description: 'd', method: [], ...given }))).toBeTypeOf(
          'string',
        )
      }),
    )
  })
})

test('an experiment that nobody validated ends with a journal or a reason', async () => {
  const anything = arbitraryValue.map((value) =>
    dict({ type: value, name: 'n', provider: value, tolerance: value, ref: value }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(arbitraryValue, anything), { maxLength: 3 }),
      arbitraryValue,
      async (activities, more) => {
        const experiment = dict({
          title: 't',
          method: activities,
          rollbacks: activities,
          'steady-state-hypothesis': dict({ title: more, probes: activities }),
          controls: more,
        })
        const { journal } = await runText('{"title": "replaced"}', { experiment })
        expect(['completed', 'failed', 'aborted']).toContain(journal.get('status'))
      },
    ),
  )
})
