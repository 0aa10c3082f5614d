import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reportHtml } from './journal-html.ts'
import { reportMarkdown } from './journal-markdown.ts'
import { type JournalView, viewJournal } from './journal-view.ts'
import { arbitraryValue, json } from './values.fixture.ts'
import { dict, type PyValue } from './values.ts'

const JOURNAL = `{
  "experiment": {"title": "Kill <one>", "description": "d|x", "tags": ["a"], "contributions": {"reliability": "high"}},
  "status": "completed", "deviated": true, "start": "2026-01-01T00:00:00+00:00", "end": "e", "duration": 1.5,
  "steady_states": {"before": {"steady_state_met": true, "probes": []},
    "after": {"steady_state_met": false, "probes": [{"activity": {"type": "probe", "name": "p", "tolerance": 200,
      "provider": {"type": "http", "url": "http://x"}}, "output": {"status": 500}, "status": "succeeded", "tolerance_met": false}]},
    "during": [{"steady_state_met": true, "probes": []}, {"steady_state_met": false, "probes": []}]},
  "run": [{"activity": {"type": "action", "name": "kill", "provider": {"type": "python", "module": "m", "func": "f"}},
    "output": null, "status": "failed", "exception": ["Traceback\\n", "ValueError: boom\\n"], "duration": 0.25}],
  "rollbacks": []
}`

function view(value: PyValue): JournalView {
  const own = viewJournal(value)
  if (typeof own === 'string') throw new Error(own)
  return own
}

describe('reports of a journal', () => {
  test('tell of every section, the rounds during the method and rollbacks among them', () => {
    const titles = view(json(JOURNAL)).sections.map((one) => [one.title, one.verdict])
    expect(titles).toEqual([
      ['Steady state before the method', 'the steady state was met'],
      ['Method', undefined],
      ['Steady state during the method', '1 of 2 rounds met the steady state'],
      ['Steady state after the method', 'the steady state was not met'],
      ['Rollbacks', 'none played'],
    ])
  })

  test('show what failed and why', () => {
    const text = reportMarkdown('Report', [view(json(JOURNAL))])
    expect(text).toContain('| action kill | failed |')
    expect(text).toContain('ValueError: boom')
    expect(text).toContain('| probe p | out of tolerance |')
  })

  test('keep text text: nothing of an experiment becomes markup', () => {
    const own = view(json(JOURNAL))
    expect(reportHtml('<script>', [own])).not.toMatch(/<script|<one>/)
    expect(reportMarkdown('t', [own])).toContain('Kill \\<one\\>')
  })

  test('read any journal, or say why not', () => {
    fc.assert(
      fc.property(arbitraryValue, arbitraryValue, arbitraryValue, (experiment, run, states) => {
        const own = viewJournal(dict({ experiment, run, steady_states: states, rollbacks: run }))
        if (typeof own === 'string') expect(own).not.toBe('')
        else expect(reportHtml('t', [own]) + reportMarkdown('t', [own])).toContain('Method')
      }),
    )
  })
})
