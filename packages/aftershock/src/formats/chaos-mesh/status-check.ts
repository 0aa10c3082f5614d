import { parseGoInt } from '../go-numbers.ts'
import { isGoRequestUri } from '../go-url.ts'
import { checkDuration } from './checks.ts'
import { type Fields, fieldsAt, textAt } from './fields.ts'
import type { ChaosKind } from './kind.ts'
import { type Report, ruleText } from './report.ts'
import { int, listOf, mapOf, oneOf, record, type Schema, text } from './schema.ts'

export const statusCheckSpec: Schema = record({
  duration: text,
  failureThreshold: int({ min: 1, byDefault: 3 }),
  http: record({
    body: text,
    'criteria*': record({ 'statusCode*': text }),
    headers: mapOf(listOf(text)),
    method: { type: 'string', words: ['GET', 'POST'], byDefault: 'GET' },
    'url*': text,
  }),
  intervalSeconds: int({ min: 1, byDefault: 10 }),
  mode: oneOf('Synchronous', 'Continuous'),
  recordsHistoryLimit: int({ min: 1, max: 1000, byDefault: 100 }),
  successThreshold: int({ min: 1, byDefault: 1 }),
  timeoutSeconds: int({ min: 1, byDefault: 1 }),
  type: { type: 'string', words: ['HTTP'], byDefault: 'HTTP' },
})

export const statusCheck: ChaosKind = {
  kind: 'StatusCheck',
  spec: statusCheckSpec,
  webhook: checkStatusCheck,
  doubts: doubtStatusCheck,
}

function doubtStatusCheck(spec: Fields, report: Report): void {
  const code = textAt(spec, 'http', 'criteria', 'statusCode') ?? ''
  const [, from, to] = /^(\d+)-(\d+)$/.exec(code) ?? []
  if (from === undefined || Number(from) <= Number(to)) return
  const why = `no status lies in a range that ends before it begins: current value is ${code}`
  report.warning(['http', 'criteria', 'statusCode'], 'no-effect', why, `Write "${to}-${from}"`)
}

/** Also of a Workflow's template, where the webhook does not look. */
export function checkStatusCheck(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  const http = fieldsAt(spec, 'http')
  if (http === undefined) {
    report.error(
      ['http'],
      'http',
      'the detail of http status check is required: http is missing',
      'Add http: { url: …, criteria: … }',
    )
    return
  }
  const url = textAt(http, 'url') ?? ''
  if (url === '') report.error(['http', 'url'], 'url', 'request url is required')
  else if (!isGoRequestUri(url)) {
    const rule = 'must be a whole URL (invalid http request url)'
    report.error(
      ['http', 'url'],
      'url',
      ruleText([...report.base, 'http', 'url'], rule, url),
      'Write http://service:port/path',
    )
  }
  const code = textAt(http, 'criteria', 'statusCode') ?? ''
  const error = statusCodeError(code)
  if (error === undefined) return
  const path = ['http', 'criteria', 'statusCode']
  report.error(
    path,
    'status-code',
    ruleText([...report.base, ...path], error, code),
    'Write "200" or "200-299"',
  )
}

function statusCodeError(code: string): string | undefined {
  if (code === '') return 'must be set: status code is required'
  const wrong = (reason: string) =>
    `must be a code or a range of codes (incorrect status code format: ${reason})`
  const single = parseGoInt(code)
  if (single.ok) return isCode(single.value) ? undefined : wrong('invalid status code')
  const dash = code.indexOf('-')
  if (dash === -1) return wrong('not a single number or a range')
  for (const part of [code.slice(0, dash), code.slice(dash + 1)]) {
    const number = parseGoInt(part)
    if (!number.ok) return wrong(number.error)
    if (!isCode(number.value)) return wrong(`invalid status code range, code: ${number.value}`)
  }
  return undefined
}

function isCode(code: number): boolean {
  return code > 0 && code < 1000
}
