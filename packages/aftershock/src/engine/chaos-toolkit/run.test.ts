// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict, isDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { dictsIn } from './control-order.ts'
import { exitDesk } from './exit-desk.ts'
import { NO_KEEPER } from './journal-keeper.ts'
import type { ControlHooks, HookCall, HookOutcome } from './ports.ts'
import { Refused } from './stops.ts'
import { dictOf, runText, scratch, told } from './test-support/run-text.ts'

const sh = (name: string, script: string, more: Record<string, unknown> = {}) => ({
  type: 'action',
  name,
  provider: { type: 'process', path: 'sh', arguments: ['-c', script] },
  ...more,
})
/** A probe of the hypothesis that looks at an exit code. */
const probe = (name: string, script: string, tolerance: unknown = 0) => ({
  ...sh(name, script, { tolerance }),
  type: 'probe',
})
const experiment = (parts: Record<string, unknown>) =>
  JSON.stringify({ title: 't', description: 'd', method: [], ...parts })
const hypothesis = (...probes: unknown[]) => ({ title: 'h', probes })

const DO_AND_UNDO = { method: [sh('do', 'true')], rollbacks: [sh('undo', 'true')] }

describe('a run', () => {
  test('checks the hypothesis, plays the method, checks again, rolls back', async () => {
    const ran = await runText(
      experiment({ ...DO_AND_UNDO, 'steady-state-hypothesis': hypothesis(probe('up', 'true')) }),
    )
    expect(told(ran)).toBe('completed, before: met, after: met, run: do succeeded, rollbacks: undo succeeded')
  })

  test('leaves the method out when the hypothesis is not met before it', async () => {
    const ran = await runText(
      experiment({ ...DO_AND_UNDO, 'steady-state-hypothesis': hypothesis(probe('down', 'exit 1')) }),
    )
    expect(told(ran)).toBe('completed, before: not met, rollbacks: undo succeeded')
  })

  test('stops at the first probe that is not met', async () => {
    const ran = await runText(
      experiment({
        'steady-state-hypothesis': hypothesis(
          probe('one', 'true'),
          probe('two', 'exit 2'),
          probe('three', 'true'),
        ),
      }),
    )
    const state = dictOf(dictOf(ran.journal.get('steady_states')).get('before'))
    expect(dictsIn(state.get('probes')).map((one) => one.get('tolerance_met'))).toEqual([true, false])
  })

  test('has deviated when the hypothesis is not met after the method', async () => {
    using files = scratch()
    const marker = files.path('broken')
    const ran = await runText(
      experiment({
        'steady-state-hypothesis': hypothesis(probe('up', `test ! -e "${marker}"`)),
        method: [sh('break', `touch "${marker}"`)],
        rollbacks: [sh('mend', `rm "${marker}"`)],
      }),
    )
    expect(told(ran)).toBe(
      'completed deviated, before: met, after: not met, run: break succeeded, rollbacks: mend succeeded',
    )
    expect(existsSync(marker)).toBe(false)
  })

  test('goes on when an action fails', async () => {
    const ran = await runText(
      experiment({
        method: [
          {
            ...sh('slow', 'sleep 5'),
            provider: { type: 'process', path: 'sleep', arguments: '5', timeout: 0.1 },
          },
          sh('next', 'true'),
        ],
      }),
    )
    expect(told(ran)).toBe('completed, run: slow failed next succeeded')
    const [record] = dictsIn(ran.journal.get('run'))
    expect(record?.get('exception')).toEqual([
      'Traceback (most recent call last):\n',
      'chaoslib.exceptions.ActivityFailed: process activity took too long to complete\n',
    ])
  })

  test('is aborted, and rolled back, by what nobody expects', async () => {
    const bad = { type: 'action', name: 'bad', provider: { type: 'http', url: 'nope://x' } }
    const ran = await runText(
      experiment({ method: [bad, sh('next', 'true')], rollbacks: [sh('undo', 'true')] }),
    )
    expect(told(ran)).toBe('aborted, run: bad cut, rollbacks: undo succeeded')
  })

  test('waits for background work before the hypothesis', async () => {
    using files = scratch()
    const marker = files.path('done')
    const ran = await runText(
      experiment({
        'steady-state-hypothesis': hypothesis(
          probe('seen', `test -e "${marker}" || test ! -e "${files.path('x')}"`),
        ),
        method: [sh('later', `sleep 0.2; touch "${marker}"`, { background: true }), sh('now', 'true')],
      }),
    )
    expect(told(ran)).toBe('completed, before: met, after: met, run: later succeeded now succeeded')
    expect(existsSync(marker)).toBe(true)
  })

  test('substitutes title, arguments and pauses, and keeps types in the journal', async () => {
    const ran = await runText(
      experiment({
        title: 'kill ${n}',
        configuration: { n: 2, p: 0.01 },
        method: [
          {
            ...sh('say', 'true'),
            provider: { type: 'process', path: 'echo', arguments: ['${n}'] },
            pauses: { before: '${p}' },
          },
        ],
      }),
    )
    expect(pythonText(dictOf(ran.journal.get('experiment')).get('title') ?? null)).toBe('kill 2')
    expect(pythonText(dictsIn(ran.journal.get('run'))[0]?.get('output') ?? null)).toBe(
      "{'status': 0, 'stdout': '2\\n', 'stderr': ''}",
    )
  })

  test('finds what a reference names, and aborts when there is nothing', async () => {
    const found = await runText(experiment({ method: [{ ref: 'later' }, sh('later', 'true')] }))
    expect(told(found)).toBe('completed, run: later succeeded later succeeded')
    const lost = await runText(experiment({ method: [{ ref: 'zz' }, sh('next', 'true')] }))
    expect(told(lost)).toBe('aborted')
  })
})

describe('strategies', () => {
  test.each([
    ['default', 'completed, run: do succeeded, rollbacks: undo succeeded'],
    ['always', 'completed, run: do succeeded, rollbacks: undo succeeded'],
    ['never', 'completed, run: do succeeded'],
    ['deviated', 'completed, run: do succeeded'],
    ['misspelt', 'completed, run: do succeeded'],
  ])('rollbacks %s: %s', async (rollbackStrategy, end) => {
    expect(told(await runText(experiment(DO_AND_UNDO), { rollbackStrategy }))).toBe(end)
  })

  test.each([
    ['before-method-only', 'completed, before: met, run: do succeeded, rollbacks: undo succeeded'],
    ['after-method-only', 'completed, after: met, run: do succeeded, rollbacks: undo succeeded'],
    ['skip', 'completed, run: do succeeded, rollbacks: undo succeeded'],
  ] as const)('hypothesis %s: %s', async (hypothesisStrategy, end) => {
    const text = experiment({ ...DO_AND_UNDO, 'steady-state-hypothesis': hypothesis(probe('up', 'true')) })
    expect(told(await runText(text, { hypothesisStrategy }))).toBe(end)
  })

  test('during-method-only checks while the method plays; a deviation there is no deviation of the run', async () => {
    const ran = await runText(
      experiment({
        method: [sh('do', 'sleep 0.3')],
        'steady-state-hypothesis': hypothesis(probe('down', 'exit 1')),
      }),
      { hypothesisStrategy: 'during-method-only' },
    )
    expect(told(ran)).toBe('completed, run: do succeeded')
    const during = dictsIn(dictOf(ran.journal.get('steady_states')).get('during'))
    expect(during.length).toBeGreaterThan(1)
    expect(during.every((one) => one.get('steady_state_met') === false)).toBe(true)
  })

  test('fail fast ends the method at the next activity; what was done is undone for safety', async () => {
    const ran = await runText(
      experiment({
        method: [sh('one', 'sleep 0.2'), sh('two', 'true')],
        rollbacks: [sh('undo', 'true')],
        'steady-state-hypothesis': hypothesis(probe('down', 'exit 1')),
      }),
      { hypothesisStrategy: 'during-method-only', schedule: { frequencySeconds: 1, failsFast: true } },
    )
    expect(told(ran)).toBe('failed, run: one succeeded, safety_rollbacks: undo succeeded')
  })

  test('dry runs skip what they name, and the judgement of probes with it', async () => {
    const text = experiment({
      method: [sh('do', 'exit 1'), { ...sh('look', 'true'), type: 'probe' }],
      'steady-state-hypothesis': hypothesis(probe('down', 'exit 1')),
    })
    const outputs = async (dry: 'actions' | 'probes' | 'activities') => {
      const ran = await runText(text, { dry })
      return dictsIn(ran.journal.get('run')).map((one) => one.get('output') === null)
    }
    expect(await outputs('probes')).toEqual([false, true])
    expect(await outputs('activities')).toEqual([true, true])
  })
})

describe('where the reference crashes or leaves the fault', () => {
  const RAISES = {
    ...DO_AND_UNDO,
    'steady-state-hypothesis': hypothesis(
      probe('odd', 'true', { type: 'regex', pattern: 'a', target: 'status' }),
    ),
  }

  test('a tolerance that raises is not met, has an exception, and rollbacks are played', async () => {
    const ran = await runText(experiment(RAISES), { hypothesisStrategy: 'after-method-only' })
    expect(told(ran)).toBe('aborted deviated, after: not met, run: do succeeded, rollbacks: undo succeeded')
    const state = dictOf(dictOf(ran.journal.get('steady_states')).get('after'))
    expect(dictsIn(state.get('probes'))[0]?.get('exception')).toContain(
      "TypeError: expected string or bytes-like object, got 'int'\n",
    )
    expect(ran.troubles).toEqual([expect.stringContaining("the probe 'odd' could not be judged")])
  })

  test('strictly, it is lost as in the reference, but for the reason', async () => {
    const strict = runText(experiment(RAISES), {
      compatibility: 'strict',
      hypothesisStrategy: 'after-method-only',
    })
    await expect(strict).rejects.toThrow(Refused)
  })

  test('a failed probe after the method: safety rollbacks, and none when strict or when told never', async () => {
    using files = scratch()
    const marker = files.path('m')
    const text = experiment({
      'steady-state-hypothesis': hypothesis({
        type: 'probe',
        name: 'p',
        tolerance: 0,
        provider: {
          type: 'process',
          path: 'sh',
          arguments: `-c 'test ! -e "${marker}" || sleep 60'`,
          timeout: 2,
        },
      }),
      method: [sh('break', `touch "${marker}"`)],
      rollbacks: [sh('mend', `rm "${marker}"`)],
    })
    expect(told(await runText(text))).toBe(
      'failed deviated, before: met, after: not met, run: break succeeded, safety_rollbacks: mend succeeded',
    )
    expect(told(await runText(text, { compatibility: 'strict' }))).toBe(
      'failed deviated, before: met, after: not met, run: break succeeded',
    )
  })

  test('a rollback that cannot be run does not stop the others', async () => {
    const bad = { type: 'action', name: 'bad', provider: { type: 'http', url: 'nope://x' } }
    const ran = await runText(experiment({ rollbacks: [{ ref: 'nothing' }, bad, sh('undo', 'true')] }))
    expect(told(ran)).toBe('aborted, rollbacks: bad cut undo succeeded')
    expect(ran.troubles).toHaveLength(2)
  })
})

test('a provider with a bug aborts the run, which is rolled back', async () => {
  const broken = {
    validate: async () => undefined,
    run: async () => {
      throw new TypeError('x is not a function')
    },
  }
  const action = { type: 'action', name: 'bug', provider: { type: 'broken' } }
  const ran = await runText(
    experiment({ method: [sh('do', 'true'), action], rollbacks: [sh('undo', 'true')] }),
    {
      providers: { broken },
    },
  )
  expect(told(ran)).toBe('aborted, run: do succeeded bug cut, rollbacks: undo succeeded')
  expect(ran.lines).toContain('CRITICAL bug in the provider broken: x is not a function')
})

test('strictly, a rollback that cannot be run loses the journal, as in the reference', async () => {
  const text = experiment({ rollbacks: [{ ref: 'nothing' }, sh('undo', 'true')] })
  await expect(runText(text, { compatibility: 'strict' })).rejects.toThrow(Refused)
})

describe('a request to end', () => {
  const SLOW = {
    method: [sh('do', 'sleep 20'), sh('next', 'true')],
    rollbacks: [sh('undo', 'true')],
  }

  const requested = (kind: 'interrupt' | 'terminate' | 'graceful' | 'ungraceful', given = {}) => {
    const desk = exitDesk()
    const after = setTimeout(() => desk.request({ kind, source: 'the test' }), 150)
    return runText(experiment(SLOW), { desk, ...given }).finally(() => clearTimeout(after))
  }

  test.each(['interrupt', 'terminate', 'graceful', 'ungraceful'] as const)(
    '%s: the activity is cut, the run interrupted, the fault undone for safety',
    async (kind) => {
      expect(told(await requested(kind))).toBe('interrupted, run: do cut, safety_rollbacks: undo succeeded')
    },
  )

  test.each([
    ['always', 'interrupt', 'interrupted, run: do cut, rollbacks: undo succeeded'],
    ['never', 'interrupt', 'interrupted, run: do cut'],
    ['always', 'ungraceful', 'interrupted, run: do cut, safety_rollbacks: undo succeeded'],
  ] as const)('with rollbacks %s, %s: %s', async (rollbackStrategy, kind, end) => {
    expect(told(await requested(kind, { rollbackStrategy }))).toBe(end)
  })

  test.each(['interrupt', 'ungraceful'] as const)(
    'strictly, %s leaves the fault, as the reference',
    async (kind) => {
      expect(told(await requested(kind, { compatibility: 'strict' }))).toBe('interrupted, run: do cut')
    },
  )

  test('during a pause ends the pause', async () => {
    const desk = exitDesk()
    setTimeout(() => desk.request({ kind: 'interrupt', source: 'the test' }), 100)
    const paused = sh('do', 'true', { pauses: { before: 30 } })
    expect(told(await runText(experiment({ method: [paused] }), { desk }))).toBe('interrupted')
  })

  test('waits for background work once, and cuts it when asked twice', async () => {
    const text = experiment({ method: [sh('bg', 'sleep 0.5', { background: true }), sh('do', 'sleep 20')] })
    const desk = exitDesk()
    setTimeout(() => desk.request({ kind: 'interrupt', source: 'the test' }), 100)
    expect(told(await runText(text, { desk }))).toBe('interrupted, run: bg succeeded do cut')
    const twice = exitDesk()
    const slow = text.replace('sleep 0.5', 'sleep 20')
    for (const ms of [100, 200])
      setTimeout(() => twice.request({ kind: 'interrupt', source: 'the test' }), ms)
    expect(told(await runText(slow, { desk: twice }))).toBe('interrupted, run: bg cut do cut')
  })

  test('during rollbacks: the first lets them finish, the second ends them', async () => {
    const text = experiment({
      rollbacks: [sh('one', 'sleep 0.4'), sh('two', 'sleep 20'), sh('three', 'true')],
    })
    const desk = exitDesk()
    for (const ms of [100, 700]) setTimeout(() => desk.request({ kind: 'terminate', source: 'the test' }), ms)
    expect(told(await runText(text, { desk }))).toBe('interrupted, rollbacks: one succeeded two cut')
  })

  test('ends the wait of a continuous hypothesis', async () => {
    const desk = exitDesk()
    setTimeout(() => desk.request({ kind: 'interrupt', source: 'the test' }), 200)
    const text = experiment({
      method: [sh('do', 'sleep 20')],
      'steady-state-hypothesis': hypothesis(probe('up', 'true')),
    })
    const schedule = { frequencySeconds: 60, failsFast: false }
    const ran = await runText(text, { desk, schedule, hypothesisStrategy: 'continuously' })
    expect(told(ran)).toBe('interrupted, before: met, run: do cut')
  })
})

/** Controls written here: each hook call is kept, and may be answered. */
function hooks(answer: (call: HookCall) => HookOutcome | undefined = () => undefined) {
  const calls: string[] = []
  const of: ControlHooks = {
    load: async () => undefined,
    validate: async () => undefined,
    configure: async ({ control }) => {
      calls.push(`${pythonText(control.get('name') ?? null)} configure`)
      return { kind: 'done' }
    },
    hook: async (call) => {
      const name = pythonText(call.control.get('name') ?? null)
      calls.push(`${name} ${call.moment} ${call.level} ${nameOf(call.context)}`)
      return answer(call) ?? { kind: 'done' }
    },
    cleanup: async ({ size }) => (size > 0 ? { kind: 'done' } : { kind: 'absent' }),
    event: async ({ name }) => {
      calls.push(`event ${name}`)
    },
  }
  return { controlsOf: (type: string) => (type === 'test' ? of : undefined), calls }
}

function nameOf(context: PyValue): string {
  return isDict(context) ? pythonText(context.get('name') ?? context.get('title') ?? null) : ''
}

const control = (name: string, more = {}) => ({ name, provider: { type: 'test', module: 'm' }, ...more })
const STOP = { type: 'chaoslib.exceptions.InterruptExecution', message: 'stop', traceback: [] }

describe('controls', () => {
  test('fire around every level, in the order of the reference', async () => {
    const { controlsOf, calls } = hooks()
    await runText(experiment({ controls: [control('T')], ...DO_AND_UNDO }), { controlsOf })
    expect(calls.filter((one) => !one.startsWith('event'))).toEqual([
      'T configure',
      'T before experiment t',
      'T before method t',
      'T before activity do',
      'T after activity do',
      'T after method t',
      'T before rollback t',
      'T before activity undo',
      'T after activity undo',
      'T after rollback t',
      'T after experiment t',
    ])
    expect(calls.filter((one) => one.startsWith('event'))).toEqual(
      [
        'running',
        'start_method',
        'start_activity',
        'activity_completed',
        'method_completed',
        'start_rollbacks',
        'start_activity',
        'activity_completed',
        'rollbacks_completed',
        'finish',
      ].map((name) => `event ${name}`),
    )
  })

  test('may change arguments, and add activities while the method is played', async () => {
    const { controlsOf } = hooks(({ moment, level, context, document }) => {
      if (level !== 'activity' || moment !== 'before' || !isDict(context)) return undefined
      const method = document.experiment.get('method')
      if (Array.isArray(method) && method.length < 2)
        method.push(dict({ ...Object.fromEntries(context), name: 'added' }))
      const provider = dictOf(context.get('provider'))
      provider.set('arguments', ['-c', 'echo changed'])
      return undefined
    })
    const ran = await runText(experiment({ controls: [control('T')], method: [sh('do', 'true')] }), {
      controlsOf,
    })
    expect(told(ran)).toBe('completed, run: do succeeded added succeeded')
    const [record] = dictsIn(ran.journal.get('run'))
    expect(dictOf(record?.get('output')).get('stdout')).toBe('changed\n')
  })

  test('with a bug behind them count as a hook that failed, also around background work', async () => {
    const { controlsOf } = hooks(() => {
      throw new TypeError('x is not a function')
    })
    const text = experiment({
      controls: [control('T')],
      method: [sh('bg', 'true', { background: true }), sh('do', 'true')],
    })
    expect(told(await runText(text, { controlsOf }))).toBe('completed, run: bg succeeded do succeeded')
  })

  test('that interrupt before the method run nothing, and after hooks still fire', async () => {
    const { controlsOf, calls } = hooks(({ level, moment }) =>
      level === 'method' && moment === 'before' ? { kind: 'interrupted', error: STOP } : undefined,
    )
    const ran = await runText(experiment({ controls: [control('T')], ...DO_AND_UNDO }), { controlsOf })
    expect(told(ran)).toBe('interrupted')
    expect(calls).toContain('T after method t')
    expect(ran.lines).toContain('CRITICAL stop')
  })

  test('change the output before the tolerance is asked', async () => {
    const { controlsOf } = hooks(({ level, moment, state }) => {
      if (level === 'activity' && moment === 'after' && isDict(state))
        state.set('output', dict({ status: 7n }))
      return undefined
    })
    const probing = hypothesis(probe('up', 'true'))
    const text = experiment({ controls: [control('T')], 'steady-state-hypothesis': probing })
    expect(told(await runText(text, { controlsOf }))).toBe('completed, before: not met')
  })

  test('never see the verdict of the tolerance, nor stop safety rollbacks', async () => {
    const seen: boolean[] = []
    const { controlsOf } = hooks(({ level, moment, state, context }) => {
      if (level !== 'activity' || moment !== 'after') return undefined
      seen.push(isDict(state) && state.has('tolerance_met'))
      return nameOf(context) === 'up' ? undefined : { kind: 'interrupted', error: STOP }
    })
    const text = experiment({
      controls: [control('T')],
      'steady-state-hypothesis': hypothesis(probe('up', 'true')),
      method: [sh('do', 'true')],
      rollbacks: [sh('one', 'true'), sh('two', 'true')],
    })
    expect(told(await runText(text, { controlsOf }))).toBe(
      'interrupted, before: met, run: do succeeded, safety_rollbacks: one succeeded two succeeded',
    )
    expect(seen).not.toContain(true)
  })
})

test('the keeper of the journal is told before an activity acts and after it; its processes carry the mark', async () => {
  using files = scratch()
  const order = files.path('order')
  const note = (text: string) => writeFileSync(order, `${text}\n`, { flag: 'a' })
  await runText(experiment({ method: [sh('do', `echo acts $MARK >> "${order}"`)] }), {
    keeper: {
      ...NO_KEEPER,
      begun: ({ place, name }) => {
        note(`before ${place}: ${name}`)
        return { number: 7, env: { MARK: 'seven' } }
      },
      ended: ({ number }) => note(`after ${number}`),
    },
  })
  expect(readFileSync(order, 'utf8')).toBe('before run: do\nacts seven\nafter 7\n')
})
