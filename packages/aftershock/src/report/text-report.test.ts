import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixtureRun } from '../../../web/src/fixture.ts'
import type { RunResult } from '../model/result.ts'
import { widthOf } from './printable.ts'
import { type TextOptions, textReport } from './text-report.ts'
import { removedText } from './words.ts'

const { result } = fixtureRun()
const options: TextOptions = {
  width: 100,
  signs: 'unicode',
  style: (_style, text) => text,
  form: 'full',
  report: { path: '.aftershock/runs/r-7k2m9q/report.html', bytes: 412_000 },
}
const linesOf = (text: string): string[] => text.trimEnd().split('\n')

test('textReport() says verdict, sentence, chain, hypotheses, defences, recovery and what to do next', () => {
  expect(textReport(result, options)).toMatchInlineSnapshot(`
    "✕ BROKE  payment-latency                                                         r-7k2m9q · 3 m 04 s

      payment +500 ms became checkout 503 for 41 % of checkouts (492 of 1,200).
      Users were back 12 s after the fault ended.

      How it spread
      1 60.0 s  ⚡ payment answered 500 ms late            1,244 of 1,952 calls
      2 60.4 s  ◷  order gave up after 400 ms              1,244 timeouts
      3 60.5 s  ↻  checkout tried again, up to 3 attempts  856 retries · load on order ×1.8, rescued 59
                                                           of 447
      4 64.2 s  ⊘  checkout’s breaker opened twice         104 rejections · open for 5.2 s; inferred:
                                                           fast errors, no child span
      5 61.7 s  ✕  users got 503                           492 of 1,200 checkouts · 388 after retries +
                                                           104 rejected

      Hypotheses
       ✕ checkout errors < 1 %   was 41 %
       ✓ catalog p95 < 200 ms    was 96 ms
      Defences     timeout order→payment HURT · duplicate-work order→payment HURT · retry checkout→order
                   HURT · breaker checkout→order MIXED · fallback gateway→checkout ABSENT
      Recovery     payment 400 ms · order 2.10 s · checkout 11.8 s (breaker reopened for 6.0 s)
      Fault        proven, removed, verified
      Estimate     a 650 ms timeout would have let 98 % of the cut calls finish

      report   .aftershock/runs/r-7k2m9q/report.html (412 KB, opens without network)
      worst    aftershock explain r-7k2m9q --trace 65b6383b
      again    aftershock run chaos/payment-latency.yaml --seed 42
    "
  `)
})

test('textReport() keeps to 30 lines and to the width of the terminal', () => {
  for (const width of [40, 60, 80, 100, 200]) {
    const lines = linesOf(textReport(result, { ...options, width, report: undefined }))
    expect(lines.length).toBeLessThanOrEqual(30)
    // Commands are for copying and may be wider than a very narrow terminal.
    const text = lines.filter((line) => !/^ {2}(worst|again)/.test(line))
    expect(Math.max(...text.map(widthOf))).toBeLessThanOrEqual(Math.min(width, 100))
  }
})

test('textReport() stays within 30 lines when there are many steps and hypotheses', () => {
  const [step] = result.chain
  if (step === undefined) throw new Error('the fixture has a chain')
  const many: RunResult = {
    ...result,
    chain: Array.from({ length: 40 }, (_, i) => ({
      ...step,
      id: `s${i}`,
      n: i + 1,
      detail: 'a '.repeat(200),
    })),
    verdictReasons: Array.from({ length: 60 }, (_, i) => ({
      ok: i > 5,
      text: `h${i}`,
      probe: `probe ${i}`,
      actual: '3 %',
    })),
  }
  const text = textReport(many, options)
  expect(linesOf(text).length).toBeLessThanOrEqual(30)
  expect(text).toContain('… 34 more steps')
  // The users' step, and what to do next, are what a reader needs most.
  expect(text).toMatch(/^ 40 /m)
  expect(text).toContain('report.html')
  expect(text).not.toContain('\n\n\n')
})

test('textReport() names first who is not back, whatever else there is to say of recovery', () => {
  const hops = [...result.recovery.hops, { id: 'web', backAfterMs: null, heldBy: 'retries' }]
  const text = textReport({ ...result, recovery: { ...result.recovery, hops } }, options)
  expect(text).toContain('  Recovery     web not back (retries) · payment 400 ms')
})

test('textReport() tells of other entries that the fault reached, each once, and of failures first', () => {
  const [first] = result.chains
  const last = first?.steps.at(-1)
  if (first === undefined || last === undefined) throw new Error('the fixture has a chain')
  const unit = 'GET /cart requests'
  const failed = { ...last, unit, count: 4, of: 40, detail: '9 more were slow', text: 'users got 502' }
  const slow = { ...last, unit, count: 9, of: 40, detail: '4 more failed', text: 'users waited' }
  const chainOf = (outcome: 'failed' | 'slow', end: typeof last) => ({
    ...{ ...first, outcome, steps: [...first.steps.slice(0, 2), end] },
  })
  const more: RunResult = {
    ...result,
    chains: [...result.chains, chainOf('slow', slow), chainOf('failed', failed), chainOf('failed', failed)],
  }
  const also = linesOf(textReport(more, options)).filter((line) => line.includes(unit))
  expect(also).toEqual([
    '  Also         4 of 40 GET /cart requests · 9 more were slow: users got 502 (order gave up after',
  ])
})

test('textReport() tells how many more users were hit afterwards beside how many were, though the numbers agree', () => {
  const [user] = result.chain.slice(-1)
  const chain = [{ ...user, count: 54, of: 122, detail: '54 more after it ended' }]
  expect(textReport({ ...result, chain }, options)).toContain('54 of 122 checkouts · 54 more after it ended')
})

test('textReport() names who stands out where users were hit, and the fault was not seen', () => {
  const [impact] = result.impact
  const hit = [
    { ...impact, phase: 'baseline' as const, requests: 100, background: 1 },
    { ...impact, phase: 'chaos' as const, requests: 100, background: 40 },
  ]
  const suspects = [{ service: 'search', score: 0.9, why: 'its own work took longer' }]
  const unseen = { ...result, impact: hit, suspects, proof: { ...result.proof, tookEffect: false } }
  expect(textReport(unseen, options)).toContain('Suspect      search: its own work took longer')
  expect(textReport({ ...unseen, proof: result.proof }, options)).not.toContain('Suspect')
})

test('textReport() tells of failures in the same window that are not laid to the fault, and who stands out', () => {
  const phaseOf = (phase: 'baseline' | 'chaos', failed: number, attributedFailed: number) => ({
    ...{ entry: 'api GET /orders', phase, requests: 80, failed, attributedFailed },
    ...{ slow: 0, attributedSlow: 0, attributed: attributedFailed, background: failed - attributedFailed },
    ...{ share: 0, ci95: [0, 0.1] as const },
  })
  const suspects = [
    { service: 'payment', score: 0.6, why: 'time-outs begin on calls to it' },
    { service: 'orders', score: 0.3, why: 'errors begin in it' },
  ]
  const experiments = [
    { ...{ name: 'x', kind: 'NetworkChaos', action: 'delay', mode: null, parameters: {} } },
  ].map((one) => ({ ...one, targets: [{ service: 'payment', namespace: 'default', pods: [] }] }))
  const with50 = {
    ...result,
    experiments,
    suspects,
    impact: [phaseOf('baseline', 0, 0), phaseOf('chaos', 52, 2)],
  }
  expect(textReport(with50 as unknown as RunResult, options).replaceAll(/\s+/g, ' ')).toContain(
    'Background 50 of 80 api GET /orders requests failed without a path to the fault (what stands out beside it: orders: errors begin in it)',
  )
  const own = { ...with50, impact: [phaseOf('baseline', 0, 0), phaseOf('chaos', 52, 50)] }
  const anyway = { ...with50, impact: [phaseOf('baseline', 40, 0), phaseOf('chaos', 50, 0)] }
  for (const one of [own, anyway])
    expect(textReport(one as unknown as RunResult, options)).not.toContain('Background')
})

test('textReport() breaks a long command as a shell reads it', () => {
  const command = `aftershock run ${Array.from({ length: 12 }, (_, i) => `chaos/fault-${i}.yaml`).join(' ')} --seed 42`
  const lines = linesOf(textReport({ ...result, run: { ...result.run, command } }, options))
  const from = lines.findIndex((line) => line.startsWith('  again'))
  const pasted = lines
    .slice(from)
    .map((line) => line.slice(11))
    .join('\n')
  expect(pasted.replaceAll(' \\\n', ' ')).toBe(command)
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(100)
})

test('textReport() names commands as they are called where npm runs it', () => {
  const text = textReport(result, { ...options, invoked: 'npx aftershock' })
  expect(text).toMatch(/worst {4}npx aftershock explain r-7k2m9q/)
  expect(text).toMatch(/again {4}npx aftershock run /)
})

test('textReport() uses no sign outside ASCII when the locale is not UTF-8', () => {
  const text = textReport(result, { ...options, signs: 'ascii' })
  expect([...text].every((char) => char.charCodeAt(0) < 128)).toBe(true)
  expect(text).toContain('x BROKE')
  expect(text).toContain('order->payment')
})

test('textReport() prints the first line only when asked to be quiet', () => {
  expect(linesOf(textReport(result, { ...options, form: 'first-line' }))).toHaveLength(1)
})

test('textReport() starts with what was read when traces of another run were analysed', () => {
  expect(linesOf(textReport(result, { ...options, form: 'analysed' })).slice(0, 3)).toMatchInlineSnapshot(`
    [
      "Read 3,600 traces, 58,062 spans, 7 services (412 ms)",
      "! inventory sent no server spans (4,277 client calls): steps through it can only be inferred",
      "✕ payment +500 ms became checkout 503 for 41 % of checkouts (492 of 1,200).  [4 of 5 steps observed,",
    ]
  `)
})

test('textReport() says why it is inconclusive, and what to do', () => {
  const unclear: RunResult = {
    ...result,
    run: { ...result.run, verdict: 'inconclusive', headline: 'the fault never met traffic', reach: null },
    chain: [],
    mechanisms: [],
    verdictReasons: [
      {
        ok: false,
        text: 'payment got 0 calls through the proxy in 60 s; order called it directly 212 times',
      },
    ],
    recovery: { ...result.recovery, hops: [] },
    proof: { ...result.proof, tookEffect: false, why: '0 of 212 calls went through the proxy', gone: true },
    evidence: [],
  }
  expect(textReport(unclear, options)).toMatchInlineSnapshot(`
    "? INCONCLUSIVE  payment-latency                                                  r-7k2m9q · 3 m 04 s

      the fault never met traffic
      ✕ payment got 0 calls through the proxy in 60 s; order called it directly 212 times
      next: aftershock doctor

      Fault        not proven: 0 of 212 calls went through the proxy; removed, verified

      report   .aftershock/runs/r-7k2m9q/report.html (412 KB, opens without network)
      again    aftershock run chaos/payment-latency.yaml --seed 42
    "
  `)
})

test('textReport() warns loudly when a fault may still be there', () => {
  const fault = result.faults[0]
  if (fault === undefined) throw new Error('the fixture has a fault')
  const left: RunResult = {
    ...result,
    faults: [{ ...fault, removed: { at: null, problem: 'still `Injected` after 30 s' } }],
  }
  const text = textReport(left, options)
  expect(text).toContain('!! could not verify that payment +500 ms is gone: still `Injected` after 30 s')
  expect(text).toContain('aftershock stop r-7k2m9q')
})

test('textReport() lets no name move the cursor or colour the screen', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      const [step, ...rest] = result.chain
      if (step === undefined) throw new Error('the fixture has a chain')
      const hostile: RunResult = {
        ...result,
        run: { ...result.run, name, headline: `${name}\u001b[2J`, command: name },
        chain: [{ ...step, text: name, detail: `\u009b31m${name}` }, ...rest],
      }
      const text = textReport(hostile, options)
      expect(/(?!\n)\p{Cc}|\u202e/u.test(text)).toBe(false)
      expect(linesOf(text).length).toBeLessThanOrEqual(30)
    }),
    { numRuns: 60, seed: 7 },
  )
})

test('removedText() says who verified a removal, and of a fault that was not ours only what is known', () => {
  const [fault] = result.faults
  expect(removedText(fault, result.proof)).toBe('removed, verified by 5 direct calls')
  const theirs = { ...fault, removed: { at: 120_000, verifiedBy: '' } }
  expect(removedText(theirs, { ...result.proof, goneWhy: '0 of 93 calls still met it.' })).toBe(
    'not by Aftershock: the window that was given ends then. In the traces: 0 of 93 calls still met it.',
  )
})
