import { describe, expect, test } from 'vitest'
import { analyse } from '../packages/aftershock/src/analysis/analyse.ts'
import { randomWorld } from '../packages/aftershock/src/analysis/test-support/random-world.ts'
import { type Case, caseOf, caseTold } from '../packages/aftershock/src/analysis/test-support/truth.ts'
import { wildTelling, wildWorld } from '../packages/aftershock/src/analysis/test-support/wild-world.ts'
import { WORLDS } from '../packages/aftershock/src/analysis/test-support/worlds.ts'
import { traceViews } from '../packages/aftershock/src/analysis/trace-view/trace-view.ts'
import { buildResult } from '../packages/aftershock/src/engine/build-result.ts'
import { judgeTraces } from '../packages/aftershock/src/engine/judge-traces.ts'
import { outcomeOfWindows } from '../packages/aftershock/src/engine/outcome-of-windows.ts'
import { countText, shareText, timesText } from '../packages/aftershock/src/model/numbers.ts'
import type { EdgeRow, RunResult } from '../packages/aftershock/src/model/result.ts'
import type { SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import type { Windows } from '../packages/aftershock/src/model/window.ts'
import { junitReport } from '../packages/aftershock/src/report/junit-report.ts'
import { markdownReport } from '../packages/aftershock/src/report/markdown-report.ts'
import { textReport } from '../packages/aftershock/src/report/text-report.ts'
import { stepCount } from '../packages/aftershock/src/report/words.ts'
import { render } from '../packages/web/src/ssr.tsx'
import { disagreements } from './disagreements.ts'
import { numbersIn, numbersOf } from './numbers-shown.ts'

// What nobody must ever meet: a number that disagrees with another number, whichever page it stands on.

function resultOf(table: SpanTable, windows: Windows): RunResult {
  const outcome = outcomeOfWindows(windows, 'test')
  const findings = analyse({ table, windows, originNs: outcome.startedNs })
  const identity = {
    ...{
      id: 'a-1',
      name: 'agreement',
      target: 'traces',
      seed: 0,
      command: 'aftershock analyze traces.jsonl',
    },
    ...{ version: '1.0.0', node: '24.0.0', timezone: 'UTC', git: undefined },
  }
  return buildResult(identity, outcome, windows, findings, judgeTraces(windows, findings))
}

const CASES: Readonly<Record<string, () => Case>> = {
  ...Object.fromEntries(Object.entries(WORLDS).map(([name, world]) => [name, () => caseOf(world, 5)])),
  ...Object.fromEntries(
    [31, 32, 33, 34].map((seed) => [
      `a system drawn by chance, ${seed}`,
      () => caseOf(randomWorld(seed), seed),
    ]),
  ),
  ...Object.fromEntries(
    [31, 32, 33, 34].map((seed) => [
      `a wild one, ${seed}`,
      () => caseTold(wildWorld(seed), seed, wildTelling(seed)),
    ]),
  ),
}

describe('one number, wherever it is told', () => {
  for (const [name, make] of Object.entries(CASES)) {
    test(name, () => {
      const { table, windows } = make()
      const result = resultOf(table, windows)
      expect(disagreements(result)).toEqual([])
      expect(triesShown(table, result)).toEqual(
        result.evidence.map(({ traceId, retries }) => ({ traceId, retries })),
      )
      const outputs = outputsOf(result)
      for (const [output, text] of Object.entries(outputs)) {
        const unsaid = sentencesOf(result, output).filter((said) => !text.includes(said))
        expect({ output, unsaid }).toEqual({ output, unsaid: [] })
        const known = numbersOf(result)
        const unknown = numbersIn(text).filter((number) => !known.has(number))
        expect({ output, unknown }).toEqual({ output, unknown: [] })
      }
    })
  }
})

/** The summary leaves out the others. */
const EDGES_IN_SUMMARY = 30

function edgeCells({ phases: { baseline, chaos, recovery }, delta }: EdgeRow): readonly string[] {
  return [
    ...[baseline.n, chaos.n].map(countText),
    baseline.n === 0 ? '–' : timesText(delta.loadX),
    ...[baseline, chaos, recovery].map(({ errors, n }) => shareText(errors, n)),
  ]
}

/** As read: without tags, marks and line breaks. */
function outputsOf(result: RunResult): Readonly<Record<string, string>> {
  const inside = {
    traceIds: [],
    bytes: 0,
    bytesMax: 0,
    tracesTotal: result.data.traces,
    sideFile: undefined,
    redacted: [],
  }
  const page = render({ result, inside })
  const terminal = textReport(result, {
    ...{ width: 100, signs: 'unicode', form: 'full' },
    style: (_, text) => text,
  })
  return {
    terminal: inOneLine(terminal),
    markdown: inOneLine(markdownReport(result).replaceAll(/\\(?=[\\`*_[\]|~#])/g, '')),
    junit: inOneLine(junitReport(result)),
    page: inOneLine(page.replaceAll(/<svg[\s\S]*?<\/svg>/g, ' ').replaceAll(/<[^>]+>/g, ' ')),
  }
}

function inOneLine(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('\u2060', '')
    .replaceAll(/\s+/g, ' ')
}

/** Tries after the first, as the trace page marks them. */
function triesShown(table: SpanTable, { evidence, mechanisms }: RunResult) {
  const ids = evidence.map(({ traceId }) => traceId)
  return traceViews(table, ids, { faults: [], mechanisms }).map(({ traceId, spans }) => ({
    traceId,
    retries: spans.filter(({ attempt }) => (attempt ?? 1) > 1).length,
  }))
}

/** What each output must say in these very words. */
function sentencesOf(result: RunResult, output: string): readonly string[] {
  const counts = result.chain.map((step) => stepCount(step))
  if (output === 'junit') return counts
  if (output === 'terminal') return [result.run.headline]
  return [
    result.run.headline,
    ...counts,
    ...result.mechanisms.map((m) => m.sentence),
    ...result.edges
      .slice(0, EDGES_IN_SUMMARY)
      .map((edge) => edgeCells(edge).join(output === 'page' ? ' ' : ' | ')),
    ...(output === 'page' ? [`${countText(result.data.spans)} spans`] : []),
  ]
}
