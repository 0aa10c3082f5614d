import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RunResult } from '../../packages/aftershock/src/model/result.ts'
import { type CliEnd, cli } from './support/cli.ts'
import type { Fixture } from './support/fixture.ts'
import { leftAfter, NOTHING } from './support/nothing-left.ts'
import { latestRun, type RunOnDisk, userSpans, userSpansIn } from './support/run-folder.ts'
import { playScenes } from './support/scenes.ts'
import { schemaProblems } from './support/schema.ts'

type Scenario = {
  readonly end: CliEnd
  readonly run: RunOnDisk
  readonly result: RunResult
  readonly left: Awaited<ReturnType<typeof leftAfter>>
}

const SEED = ['--seed', '7']
const PLANNED: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['back-delay', [...SEED]],
  ['back-abort', [...SEED, '--json']],
  ['partition', ['-q']],
  ['back-kill', ['--chaos', '4s']],
  ['advice-abort', []],
  ['unused-abort', []],
]

async function played(place: Fixture, name: string, args: readonly string[]): Promise<Scenario> {
  const end = await cli(['run', place.chaos(name), ...args], { cwd: place.folder })
  const run = latestRun(place.folder)
  const left = await leftAfter(0, place.ports, run.pids())
  return { end, run, result: run.result(), left }
}

const scenario = playScenes(
  Object.fromEntries(PLANNED.map(([name, args]) => [name, (place: Fixture) => played(place, name, args)])),
)

/** Requests of one entry in the chaos phase, by the status that the client got. */
function statusesOf(name: string, entry: string): Readonly<Record<number, number>> {
  const tally: Record<number, number> = {}
  for (const span of userSpansIn(scenario(name).run, 'chaos'))
    if (span.name === entry) tally[span.status] = (tally[span.status] ?? 0) + 1
  return tally
}

const mechanism = (name: string, kind: string) =>
  scenario(name).result.mechanisms.find((one) => one.kind === kind && one.caller === 'front')

describe.each(PLANNED.map(([name]) => name))('every run: %s', (name) => {
  test('leaves no process and no port', () => {
    expect(scenario(name).left).toEqual(NOTHING)
  })

  test('writes a result that its JSON Schema accepts', () => {
    expect(schemaProblems(scenario(name).result)).toEqual([])
  })

  test('keeps what the experiment was, its events, its spans, and draws its outputs', () => {
    const { run } = scenario(name)
    expect(run.text('experiment.yaml')).toContain(`name: ${name}`)
    expect(run.events().at(0)?.type).toBe('run-started')
    expect(run.events().at(-1)?.type).toBe('run-ended')
    expect(userSpans(run).length).toBeGreaterThan(100)
    for (const file of ['report.html', 'summary.md', 'junit.xml', 'journal.json', 'log.txt'])
      expect(run.text(file), file).toEqual(expect.any(String))
  })

  test('proves that the fault is gone, and hits nobody before it begins', () => {
    const { result, run } = scenario(name)
    expect(result.proof.gone).toBe(true)
    // A request that is on its way when the fault begins may meet it.
    const begunMs = Date.parse(result.run.startedAt) + (result.faults[0]?.from ?? 0)
    const ended = userSpansIn(run, 'baseline').filter(
      (span) => Number(span.startNs) / 1e6 + span.durationMs < begunMs - 50,
    )
    expect(ended.length).toBeGreaterThan(80)
    expect(ended.filter((span) => span.status !== 200)).toEqual([])
  })

  test('prints no escape byte into a pipe', () => {
    const { end } = scenario(name)
    expect(end.stdout + end.stderr).not.toContain('\u001b')
  })
})

describe('a delay beyond the time-out', () => {
  test('breaks the hypothesis: exit 1, users of /buy get 503, those of /page do not notice', () => {
    expect(scenario('back-delay').end.code).toBe(1)
    expect(scenario('back-delay').result.run.verdict).toBe('broke')
    const statuses = statusesOf('back-delay', 'GET /buy')
    expect(statuses[503]).toBeGreaterThan(40)
    expect(Object.keys(statusesOf('back-delay', 'GET /page'))).toEqual(['200'])
  })

  test('is explained by the time-out of 600 ms, the retry and the chain to the users', () => {
    const { result } = scenario('back-delay')
    expect(mechanism('back-delay', 'timeout')).toMatchObject({ callee: 'back' })
    expect(mechanism('back-delay', 'timeout')?.timeoutMs).toBeGreaterThan(590)
    expect(mechanism('back-delay', 'timeout')?.timeoutMs).toBeLessThan(700)
    expect(mechanism('back-delay', 'retry')).toMatchObject({ callee: 'back', maxAttempts: 2 })
    const kinds = result.chain.map((step) => step.kind)
    expect([kinds[0], kinds.at(-1)]).toEqual(['inject', 'user'])
    expect(kinds).toEqual(expect.arrayContaining(['timeout', 'retry']))
    expect(result.suspects[0]?.service).toBe('back')
  })

  test('counts what the client saw: the users’ errors are those of the load', () => {
    const { result } = scenario('back-delay')
    const failed = statusesOf('back-delay', 'GET /buy')[503] ?? 0
    const journey = result.journeys.find((one) => one.label === 'GET /buy')
    // The window is that of the fault, a moment narrower than the phase.
    expect(Math.abs((journey?.phases.chaos.errors ?? 0) - failed)).toBeLessThanOrEqual(3)
  })

  test('counts as retried what was retried: nearly every failed request', () => {
    const failed = statusesOf('back-delay', 'GET /buy')[503] ?? 0
    expect(mechanism('back-delay', 'retry')?.count).toBeGreaterThanOrEqual(0.9 * failed)
  })

  test('finds the users back after the fault', () => {
    const { result, run } = scenario('back-delay')
    expect(result.run.recoveryMs).not.toBeNull()
    expect(userSpansIn(run, 'recovery').at(-1)?.status).toBe(200)
  })
})

describe('calls cut off', () => {
  test('break the hypothesis, at once and not by a time-out', () => {
    expect(scenario('back-abort').end.code).toBe(1)
    expect(statusesOf('back-abort', 'GET /buy')[503]).toBeGreaterThan(60)
    expect(mechanism('back-abort', 'timeout')).toBeUndefined()
    expect(scenario('back-abort').result.faults[0]).toMatchObject({ kind: 'HTTPChaos/abort' })
  })

  test('with --json: stdout is result.json and nothing else, stderr has the progress', () => {
    const { end, result } = scenario('back-abort')
    expect(JSON.parse(end.stdout)).toEqual(result)
    expect(end.stderr).toMatch(/phase baseline/)
    expect(end.stderr).toMatch(/phase chaos/)
  })
})

describe('a partition', () => {
  test('is a silence: calls end by the caller’s time-out, users get 503', () => {
    expect(scenario('partition').end.code).toBe(1)
    expect(statusesOf('partition', 'GET /buy')[503]).toBeGreaterThan(40)
    expect(mechanism('partition', 'timeout')?.count).toBeGreaterThan(40)
  })

  test('with -q: one line on stdout, nothing on stderr', () => {
    const { end } = scenario('partition')
    expect(end.stdout.trimEnd().split('\n')).toHaveLength(1)
    expect(end.stdout).toMatch(/BROKE {2}partition/)
    expect(end.stderr).toBe('')
  })
})

describe('a killed process', () => {
  test('is started again, and users are back before the end', () => {
    const { run, result } = scenario('back-kill')
    const starts = run
      .text('processes.ndjson')
      .split('\n')
      .filter((line) => line.includes('"service":"back"'))
    expect(starts.length).toBeGreaterThanOrEqual(2)
    expect(userSpansIn(run, 'recovery').at(-1)?.status).toBe(200)
    expect(result.proof.tookEffect).toBe(true)
  })

  test('costs the users who came while it was away', () => {
    expect(scenario('back-kill').end.code).toBe(1)
    expect(statusesOf('back-kill', 'GET /buy')[503]).toBeGreaterThan(3)
  })
})

describe('a fallback', () => {
  test('holds: exit 0, no user noticed, and the fallback is named as what helped', () => {
    const { end, result } = scenario('advice-abort')
    expect(end.code).toBe(0)
    expect(result.run.verdict).toBe('held')
    expect(Object.keys(statusesOf('advice-abort', 'GET /page'))).toEqual(['200'])
    expect(mechanism('advice-abort', 'fallback')).toMatchObject({ callee: 'back', verdict: 'helped' })
    expect(end.stdout).toMatch(/HELD {2}advice-abort/)
  })
})

describe('a fault that meets no traffic', () => {
  test('is inconclusive: exit 3 and the reason', () => {
    const { end, result } = scenario('unused-abort')
    expect(end.code).toBe(3)
    expect(result.run.verdict).toBe('inconclusive')
    expect(result.proof.tookEffect).toBe(false)
    expect(end.stdout).toMatch(/INCONCLUSIVE/)
    expect(result.verdictReasons.some((one) => !one.ok && /no proof|never met|met/.test(one.text))).toBe(true)
  })
})

describe('--seed', () => {
  test('repeats the load: the same requests with the same trace ids, whatever the fault', () => {
    const ids = (name: string) =>
      userSpans(scenario(name).run)
        .slice(0, 200)
        .map((span) => `${span.traceId} ${span.name}`)
    expect(ids('back-delay')).toEqual(ids('back-abort'))
    expect(ids('back-delay')).not.toEqual(ids('partition'))
  })
})

describe('the same numbers everywhere', () => {
  const outputs = () => {
    const { end, run } = scenario('back-delay')
    const html = run.text('report.html')
    return {
      terminal: plain(end.stdout),
      html: plain(textOfHtml(html)),
      summary: plain(unescapeXml(run.text('summary.md'))),
      junit: plain(unescapeXml(run.text('junit.xml'))),
    }
  }

  test('the sentence is the one of result.json', () => {
    const { result } = scenario('back-delay')
    for (const [name, text] of Object.entries(outputs()))
      if (name !== 'junit') expect(text, name).toContain(plain(result.run.headline))
  })

  test('each step’s count is the one of result.json', () => {
    const { result } = scenario('back-delay')
    const { terminal, html, summary } = outputs()
    for (const step of result.chain) {
      for (const text of [html, summary]) expect(text).toContain(plain(step.text))
      // A terminal has two columns: a long text goes on below, after what stands beside its first line.
      const words = plain(step.text)
        .split(' ')
        .map((word) => word.replaceAll(/[^\w]/g, '\\$&'))
      expect(terminal).toMatch(new RegExp(words.join('\\s[^]*?')))
      for (const text of [terminal, html, summary]) expect(text).toMatch(new RegExp(`\\b${step.count}\\b`))
    }
  })

  test('each hypothesis reads the same, with the same measured value', () => {
    const { result } = scenario('back-delay')
    const hypotheses = result.verdictReasons.filter((one) => one.probe !== undefined)
    expect(hypotheses).toHaveLength(2)
    for (const one of hypotheses)
      for (const [name, text] of Object.entries(outputs())) {
        expect(text, name).toContain(plain(one.probe ?? ''))
        // JUnit has no place for the value of a test that passed.
        if (name !== 'junit' || !one.ok) expect(text, name).toContain(plain(one.actual ?? ''))
      }
  })

  test('how many users were hit, of how many, is the same in each', () => {
    const { result } = scenario('back-delay')
    const users = result.chain.at(-1)
    const impact = result.impact.find((one) => one.phase === 'chaos' && one.entry.endsWith('GET /buy'))
    expect([users?.count, users?.of]).toEqual([impact?.failed, impact?.requests])
    for (const [name, text] of Object.entries(outputs()))
      if (name !== 'junit') expect(text, name).toContain(`${users?.count} of ${users?.of}`)
  })

  test('the same run explained again prints the same block', async () => {
    const { run, end } = scenario('back-delay')
    const folder = join(run.path, '../../..')
    const again = await cli(['explain', 'latest'], { cwd: folder })
    const body = (text: string): string => text.slice(0, text.indexOf('  report ')).trim()
    expect(body(end.stdout)).not.toBe('')
    expect(again.stdout).toContain(body(end.stdout))
  })

  test('analyze over the archive and its own result finds the same mechanisms', async () => {
    const { run, result } = scenario('back-delay')
    const files = ['traces.otlp.jsonl.gz', '--windows', 'result.json', '--out', 'again.json']
    const end = await cli(['analyze', ...files], { cwd: run.path })
    expect(end.code, end.stderr).toBe(0)
    const again = JSON.parse(readFileSync(join(run.path, 'again.json'), 'utf8')) as RunResult
    const kinds = (one: RunResult) =>
      one.mechanisms.map(({ kind, caller, callee, count }) => [kind, caller, callee, count])
    expect(kinds(again)).toEqual(kinds(result))
    expect(schemaProblems(again)).toEqual([])
  })
})

/** Blanks of every kind are one blank, so that lines may break where they like. */
function plain(text: string): string {
  return text.replaceAll(/[\s\u00a0\u202f\u2009]+/g, ' ')
}

function textOfHtml(html: string): string {
  const body = html.replaceAll(/<(script|style)\b[\s\S]*?<\/\1>/g, ' ').replaceAll(/<[^>]+>/g, ' ')
  return unescapeXml(body)
}

function unescapeXml(text: string): string {
  return text
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll(/&#(\d+);/g, (_, digits) => String.fromCodePoint(Number(digits)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
}
