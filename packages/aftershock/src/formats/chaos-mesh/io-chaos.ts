import { checkDuration } from './checks.ts'
import { type Fields, fieldsAt, filledAt, numberAt, textAt } from './fields.ts'
import { type ChaosKind, clusterOnly } from './kind.ts'
import { type Report, ruleText } from './report.ts'
import { int, integer, listOf, oneOf, record, text, uint16, uint32, uint64 } from './schema.ts'
import { doubtTarget } from './target-doubts.ts'
import { checkMode, containerFields } from './targeting.ts'

const time = record({ 'nsec*': integer, 'sec*': integer })

export const ioChaos: ChaosKind = {
  kind: 'IOChaos',
  embedKey: 'ioChaos',
  spec: record({
    ...containerFields,
    'action*': oneOf('latency', 'fault', 'attrOverride', 'mistake'),
    attr: record({
      atime: time,
      blocks: uint64,
      ctime: time,
      gid: uint32,
      ino: uint64,
      kind: text,
      mtime: time,
      nlink: uint32,
      perm: uint16,
      rdev: uint32,
      size: uint64,
      uid: uint32,
    }),
    delay: text,
    errno: uint32,
    methods: listOf(text),
    mistake: record({
      filling: oneOf('zero', 'random'),
      maxLength: int({ min: 1 }),
      maxOccurrences: int({ min: 1 }),
    }),
    path: text,
    percent: int({ byDefault: 100 }),
    'volumePath*': text,
  }),
  webhook: checkIo,
  doubts: doubtIo,
  fault: clusterOnly('IOChaos'),
}

function checkIo(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  checkMode(spec, report)
  checkDuration(spec, report, 'delay')
  const percent = numberAt(spec, 'percent') ?? 0
  if (percent < 0 || percent > 100) {
    const rule = 'must be an integer from 0 to 100 (percent field should be in 0-100)'
    report.error(['percent'], 'percent', ruleText([...report.base, 'percent'], rule, percent))
  }
  if (textAt(spec, 'action') === 'fault' && (numberAt(spec, 'errno') ?? 0) === 0) {
    const why = 'errno must be set (action fault: errno 0 is not supported)'
    report.error(['errno'], 'errno', why, 'Write errno: 5 (EIO)')
  }
}

function doubtIo(spec: Fields, report: Report): void {
  doubtTarget(spec, report)
  if (numberAt(spec, 'percent') === 0)
    report.warning(['percent'], 'no-effect', 'percent 0 hits no operation', 'Write percent: 50')
  const action = textAt(spec, 'action')
  const body = {
    latency: filledAt(spec, 'delay'),
    attrOverride: fieldsAt(spec, 'attr'),
    mistake: fieldsAt(spec, 'mistake'),
  }
  if (action !== 'latency' && action !== 'attrOverride' && action !== 'mistake') return
  const name = { latency: 'delay', attrOverride: 'attr', mistake: 'mistake' }[action]
  if (body[action] === undefined) {
    report.warning(
      ['action'],
      'action-body',
      `action ${action} does nothing without ${name}: it is missing`,
      `Add ${name}`,
    )
  }
}
