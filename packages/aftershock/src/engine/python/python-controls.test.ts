import { describe, expect, test } from 'vitest'
import { dict, type PyDict, type PyList, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { HookCall } from '../chaos-toolkit/ports.ts'
import { documentOf, hasPython, type PythonRun, pythonRun } from './test-support/python-run.ts'

const CONTROL = dict({ name: 'c', provider: dict({ type: 'python', module: 'ctl' }) })

function hookOf(experiment: PyDict, more: Partial<HookCall>): HookCall {
  return {
    control: CONTROL,
    level: 'activity',
    moment: 'before',
    arguments: dict({}),
    context: experiment,
    state: null,
    document: documentOf(experiment),
    signal: new AbortController().signal,
    ...more,
  }
}

function experimentOf(...names: readonly string[]): PyDict {
  const method = names.map((name) => dict({ name, provider: dict({ arguments: dict({ v: 1n }) }) }))
  return dict({ title: 't', method })
}

function methodOf(experiment: PyDict): PyList {
  return experiment.get('method') as PyList
}

async function hook(run: PythonRun, experiment: PyDict, more: Partial<HookCall>) {
  return run.host.controls.hook(hookOf(experiment, more))
}

describe.skipIf(!hasPython())('python controls', () => {
  test('a hook changes the very objects of the run', async () => {
    await using run = pythonRun({
      'ctl.py': `
def before_activity_control(context, experiment, configuration, **kw):
    assert context is experiment["method"][0]
    context["provider"]["arguments"]["v"] = 99
    experiment["method"].append({"name": "added", "same": context["provider"]})
    configuration["n"] = 1.0
`,
    })
    const experiment = experimentOf('a')
    const first = methodOf(experiment)[0] as PyDict
    const document = documentOf(experiment)
    expect(await hook(run, experiment, { context: first, document })).toEqual({ kind: 'done' })
    expect(methodOf(experiment)[0]).toBe(first)
    expect((first.get('provider') as PyDict).get('arguments')).toEqual(dict({ v: 99n }))
    expect((methodOf(experiment)[1] as PyDict).get('same')).toBe(first.get('provider'))
    expect(document.configuration).toEqual(dict({ n: 1 }))
  })

  test('what a hook keeps stays connected with the run', async () => {
    await using run = pythonRun({
      'ctl.py': `
kept = None
def before_activity_control(context, **kw):
    global kept
    kept = context
def after_activity_control(context, state, **kw):
    state["seen"] = [kept["later"], kept is context]
`,
    })
    const experiment = experimentOf('a')
    const context = methodOf(experiment)[0] as PyDict
    await hook(run, experiment, { context })
    context.set('later', 'host wrote this')
    const state = dict({ status: 'succeeded' })
    await hook(run, experiment, { context, state, moment: 'after' })
    expect(state.get('seen')).toEqual(['host wrote this', true])
  })

  test.each([
    ['raise InterruptExecution("stop")', 'interrupted'],
    ['raise SystemExit', 'exited'],
    ['raise RuntimeError("x")', 'failed'],
  ])('%s: %s, and what it changed before counts', async (statement, kind) => {
    await using run = pythonRun({
      'ctl.py': `
from chaoslib.exceptions import InterruptExecution
def before_activity_control(context, **kw):
    context["touched"] = True
    ${statement}
`,
    })
    const experiment = experimentOf()
    expect(await hook(run, experiment, {})).toMatchObject({ kind })
    expect(experiment.get('touched')).toBe(true)
  })

  test('arguments are copies; a hook gets by name only what its signature asks for', async () => {
    await using run = pythonRun({
      'ctl.py': `
def before_method_control(context, state, secrets, tag): 
    context["got"] = [tag, state, secrets]
def before_activity_control(context): pass
`,
    })
    const experiment = experimentOf()
    const given = dict({ tag: 'x' })
    await hook(run, experiment, { level: 'method', arguments: given })
    expect(experiment.get('got')).toEqual(['x', null, dict({})])
    expect(await hook(run, experiment, { arguments: given })).toMatchObject({
      kind: 'failed',
      error: { type: 'TypeError' },
    })
  })

  test('a hook or a module that is not there is absent, and the reason is told once asked', async () => {
    await using run = pythonRun({ 'ctl.py': '' })
    expect(await hook(run, experimentOf(), {})).toEqual({ kind: 'absent' })
    const control = dict({ name: 'n', provider: dict({ type: 'python', module: 'nowhere' }) })
    expect(await run.host.controls.load(control)).toBe("No module named 'nowhere'")
    expect(await hook(run, experimentOf(), { control })).toEqual({ kind: 'absent' })
    expect(await run.host.controls.validate(dict({ name: 'm', provider: dict({ type: 'python' }) }))).toBe(
      "Control 'm' must have a module path",
    )
  })

  test('validate_control may refuse; cleanup_control runs', async () => {
    await using run = pythonRun({
      'ctl.py': `
from chaoslib.exceptions import InvalidActivity
def validate_control(control): raise InvalidActivity("nope " + control["name"])
def cleanup_control(): raise RuntimeError("late")
`,
    })
    expect(await run.host.controls.validate(CONTROL)).toBe('nope c')
    expect(await run.host.controls.cleanup(CONTROL)).toMatchObject({
      kind: 'failed',
      error: { message: 'late' },
    })
  })

  test('configure_control gets its arguments, settings only when global, and the registry of events', async () => {
    await using run = pythonRun({
      'ctl.py': `
from chaoslib.run import RunEventHandler
class Handler(RunEventHandler):
    def started(self, experiment, journal): journal["started"] = experiment["title"]
    def finish(self, journal): raise RuntimeError("swallowed")
def configure_control(experiment, settings, event_registry, tag):
    experiment["configured"] = [tag, settings]
    event_registry.register(Handler())
`,
    })
    const experiment = experimentOf()
    const document = { ...documentOf(experiment), settings: dict({ s: 1n }) }
    const call = { control: CONTROL, arguments: dict({ tag: 'x' }), document }
    await run.host.controls.configure({ ...call, isGlobal: false })
    expect(experiment.get('configured')).toEqual(['x', null])
    await run.host.controls.configure({ ...call, isGlobal: true })
    expect(experiment.get('configured')).toEqual(['x', dict({ s: 1n })])
    const journal = dict({})
    const values: readonly PyValue[] = [experiment, journal]
    await run.host.controls.event({ name: 'started', values })
    await run.host.controls.event({ name: 'finish', values: [journal] })
    await run.host.controls.event({ name: 'running', values })
    expect(journal).toEqual(dict({ started: 't' }))
    expect(run.logs.map((one) => one.message.split('\n')[0])).toContain('Handler Handler failed')
  })

  test('a hook of a background activity does not wait for the foreground', async () => {
    await using run = pythonRun({
      'ctl.py': 'def before_activity_control(context, **kw): context["hook"] = True',
      'mods.py': 'import time\ndef sleep(seconds): time.sleep(seconds)',
    })
    const stop = new AbortController()
    const long = run.call('sleep', { seconds: 600n }, { signal: stop.signal })
    const experiment = experimentOf()
    await hook(run, experiment, {})
    expect(experiment.get('hook')).toBe(true)
    stop.abort()
    expect(await long).toEqual({ kind: 'stopped' })
  })
})
