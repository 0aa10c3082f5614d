import { PythonError } from './python-error.ts'
import type { PyObject, PyScalar } from './values.ts'

const BOOLEAN = /^(?:(yes|Yes|YES|true|True|TRUE|on|On|ON)|no|No|NO|false|False|FALSE|off|Off|OFF)$/
const INTEGER =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const TIMESTAMP =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/
const DATE_ONLY = /^\d{4}-\d\d-\d\d$/

/** A plain scalar as PyYAML's safe loader resolves it: YAML 1.1, with its own idea of numbers. */
export function plainScalar(text: string): PyScalar | PyObject {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return null
  const boolean = BOOLEAN.exec(text)
  if (boolean !== null) return boolean[1] !== undefined
  if (INTEGER.test(text)) return yamlInteger(text)
  if (FLOAT.test(text)) return yamlFloat(text)
  if (DATE_ONLY.test(text) || (text.length > 10 && TIMESTAMP.test(text))) return yamlTimestamp(text)
  if (text === '=' || text === '<<') {
    throw new PythonError(
      'yaml.constructor.ConstructorError',
      `could not determine a constructor for the tag 'tag:yaml.org,2002:${text === '=' ? 'value' : 'merge'}'`,
    )
  }
  return text
}

/** @throws PythonError ValueError for what has no digits */
export function yamlInteger(text: string): bigint {
  const sign = text.startsWith('-') ? -1n : 1n
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '')
  if (digits === '0') return 0n
  if (/^0b[01]+$/.test(digits) || /^0x[\da-fA-F]+$/.test(digits)) return sign * BigInt(digits)
  if (/^0[0-7]+$/.test(digits)) return sign * BigInt(`0o${digits.slice(1)}`)
  if (/^\d+(?::\d+)+$/.test(digits)) {
    return sign * digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n)
  }
  if (!/^[0-9]+$/.test(digits)) throw badLiteral('int() with base 10', text)
  return sign * BigInt(digits)
}

export function yamlFloat(text: string): number {
  const plain = text.replaceAll('_', '').toLowerCase()
  const sign = plain.startsWith('-') ? -1 : 1
  const digits = plain.replace(/^[-+]/, '')
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY
  if (digits === '.nan') return Number.NaN
  if (digits.includes(':')) {
    return sign * digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  }
  const value = Number(digits)
  if (digits === '' || Number.isNaN(value)) throw badLiteral('float', text)
  return sign * value
}

/** `datetime.date` or `datetime.datetime`; only its words matter here. */
export function yamlTimestamp(text: string): PyObject {
  const match = TIMESTAMP.exec(text)
  if (match === null) throw new PythonError('AttributeError', `${text} is no timestamp`)
  const [, year = '', month = '', day = '', hour, minute, second, fraction = '', zone, zoneSign] = match
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  checkDate(Number(year), Number(month), Number(day))
  if (hour === undefined || minute === undefined || second === undefined) {
    const repr = `datetime.date(${[year, month, day].map(Number).join(', ')})`
    return { pythonType: 'datetime.date', text: date, repr, json: date, isTrue: true }
  }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw new PythonError('ValueError', `${text} is out of range`)
  }
  const micros = fraction.slice(0, 6).padEnd(6, '0')
  const clock = `${hour.padStart(2, '0')}:${minute}:${second}${Number(micros) === 0 ? '' : `.${micros}`}`
  const offset = zoneText(zone, zoneSign, match[10] ?? '', match[11] ?? '00')
  return {
    pythonType: 'datetime.datetime',
    text: `${date} ${clock}${offset}`,
    repr: `datetime.datetime(${reprParts(text).join(', ')})`,
    json: `${date}T${clock}${offset}`,
    isTrue: true,
  }
}

/** Python leaves out seconds and microseconds of zero. */
function reprParts(text: string): readonly string[] {
  const [, year, month, day, hour, minute, second, fraction = '', zone, sign, hours, minutes = '0'] =
    TIMESTAMP.exec(text) ?? []
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'))
  const parts = [year, month, day, hour, minute].map(Number)
  if (Number(second) !== 0 || micros !== 0) parts.push(Number(second))
  if (micros !== 0) parts.push(micros)
  if (zone === undefined) return parts.map(String)
  const seconds = (Number(hours ?? 0) * 60 + Number(minutes)) * 60 * (sign === '-' ? -1 : 1)
  return [...parts.map(String), `tzinfo=${zoneRepr(seconds)}`]
}

function zoneRepr(seconds: number): string {
  if (seconds === 0) return 'datetime.timezone.utc'
  const days = seconds < 0 ? 'days=-1, ' : ''
  return `datetime.timezone(datetime.timedelta(${days}seconds=${seconds < 0 ? seconds + 86_400 : seconds}))`
}

function zoneText(zone: string | undefined, sign: string | undefined, hours: string, minutes: string) {
  if (zone === undefined) return ''
  return sign === undefined ? '+00:00' : `${sign}${hours.padStart(2, '0')}:${minutes}`
}

function checkDate(year: number, month: number, day: number): void {
  if (month < 1 || month > 12) throw new PythonError('ValueError', 'month must be in 1..12')
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  if (year < 1 || day < 1 || day > days) throw new PythonError('ValueError', 'day is out of range for month')
}

function badLiteral(what: string, text: string): PythonError {
  return new PythonError('ValueError', `invalid literal for ${what}: '${text}'`)
}
