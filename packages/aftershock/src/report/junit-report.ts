import { offsetText } from '../model/numbers.ts'
import type { RunResult } from '../model/result.ts'
import { proofText, recoverySentence, removedText, stepCount } from './words.ts'

type Case = {
  readonly name: string
  readonly outcome:
    | { readonly kind: 'passed' }
    | { readonly kind: 'failure' | 'error' | 'skipped'; readonly message: string; readonly body: string }
}

/**
 * `junit.xml`: one test case for each hypothesis, one for "fault took effect", one for "recovered". The
 * common subset of the format that readers agree on; well-formed for any text.
 */
export function junitReport(result: RunResult): string {
  const cases = [...hypothesisCases(result), effectCase(result), recoveryCase(result)]
  const count = (kind: Case['outcome']['kind']): number => cases.filter((c) => c.outcome.kind === kind).length
  const seconds = (result.run.durationMs / 1000).toFixed(3)
  const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds}"`
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="aftershock" ${totals}>`,
    `  <testsuite name="${xmlText(result.run.name)}" timestamp="${xmlText(result.run.startedAt.slice(0, 19))}" ${totals}>`,
    ...cases.map((c) => caseXml(c, result.run.name)),
    `    <system-out>${xmlText(chainText(result))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`
}

function hypothesisCases(result: RunResult): readonly Case[] {
  return result.verdictReasons
    .filter((reason) => reason.probe !== undefined)
    .map((reason): Case => {
      const name = `${reason.probe}`
      if (reason.ok) return { name, outcome: { kind: 'passed' } }
      const message = reason.actual === undefined ? reason.text : `${reason.probe}: was ${reason.actual}`
      return {
        name,
        outcome: { kind: 'failure', message, body: `${result.run.headline}\n\n${chainText(result)}` },
      }
    })
}

function effectCase(result: RunResult): Case {
  const name = 'fault took effect'
  if (result.proof.tookEffect) return { name, outcome: { kind: 'passed' } }
  // Not a failure of the system under test: nothing is known about it.
  return { name, outcome: { kind: 'error', message: result.proof.why, body: proofText(result.proof) } }
}

function recoveryCase(result: RunResult): Case {
  const name = 'recovered'
  const left = result.faults.filter((fault) => fault.removed.at === null)
  if (left.length > 0) {
    const body = left.map((fault) => `${fault.label}: ${removedText(fault, result.proof)}`).join('\n')
    return { name, outcome: { kind: 'error', message: 'a fault may still be active', body } }
  }
  if (result.recovery.metastable) {
    return {
      name,
      outcome: {
        kind: 'failure',
        message: recoverySentence(result) ?? 'Users had not come back when the data ended.',
        body: result.recovery.rule,
      },
    }
  }
  const known = result.recovery.overallMs !== null || (result.run.reach?.hit ?? 0) === 0
  if (known && result.proof.tookEffect) return { name, outcome: { kind: 'passed' } }
  return { name, outcome: { kind: 'skipped', message: 'not known', body: result.recovery.rule } }
}

function chainText(result: RunResult): string {
  return result.chain
    .map((step) => `${step.n}. ${offsetText(step.at)} ${step.text}: ${stepCount(step)} (${step.grade})`)
    .join('\n')
}

function caseXml({ name, outcome }: Case, classname: string): string {
  const head = `    <testcase name="${xmlText(name)}" classname="${xmlText(classname)}"`
  if (outcome.kind === 'passed') return `${head}/>`
  const body =
    outcome.kind === 'skipped'
      ? `<skipped message="${xmlText(outcome.message)}"/>`
      : `<${outcome.kind} message="${xmlText(outcome.message)}" type="${outcome.kind}">${xmlText(outcome.body)}</${outcome.kind}>`
  return `${head}>${body}</testcase>`
}

/** Controls, and the two code points that XML 1.0 forbids; tab and line ends are allowed. */
const FORBIDDEN = /(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/gu

/** Safe in XML text and in attributes; what XML 1.0 cannot hold becomes `�`. */
function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&apos;')
}
