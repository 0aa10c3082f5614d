import { parseGoDuration } from './go-duration.ts'

type Bounds = { readonly min: number; readonly max: number; readonly names?: readonly string[] }

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
]
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/**
 * Why a schedule is none, in robfig/cron v3's words; undefined when it is one.
 * Five or six fields (seconds first), `@hourly …`, `@every 10m`, `CRON_TZ=` or `TZ=` before them.
 */
export function cronError(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string'
  const zoned = /^(?:CRON_)?TZ=(\S*)(.*)$/s.exec(schedule)
  if (zoned !== null && !isTimeZone(zoned[1])) return `provided bad location ${zoned[1]}: unknown time zone`
  // Blanks are cut only behind a time zone: " @hourly" is no descriptor.
  const rest = zoned === null ? schedule : zoned[2].trim()
  if (rest.startsWith('@')) return descriptorError(rest)
  const fields = rest.split(/\s+/).filter((field) => field !== '')
  if (fields.length < 5 || fields.length > 6) {
    return `expected 5 to 6 fields, found ${fields.length}: [${fields.join(' ')}]`
  }
  const padded = fields.length === 5 ? ['0', ...fields] : fields
  for (const [at, field] of padded.entries()) {
    const error = fieldError(field, FIELDS[at])
    if (error !== undefined) return error
  }
  return undefined
}

/** The period of `@every 10m`, in ms; undefined for other schedules. */
export function everyMs(schedule: string): number | undefined {
  const every = /@every\s+(.+)$/.exec(schedule.trim())
  const duration = every === null ? undefined : parseGoDuration(every[1])
  return duration?.ok ? Math.max(1000, Number(duration.ns) / 1e6) : undefined
}

function descriptorError(text: string): string | undefined {
  if (DESCRIPTORS.includes(text)) return undefined
  if (!text.startsWith('@every ')) return `unrecognized descriptor: ${text}`
  const duration = parseGoDuration(text.slice('@every '.length))
  return duration.ok ? undefined : `failed to parse duration ${text}: ${duration.error}`
}

function fieldError(field: string, bounds: Bounds): string | undefined {
  for (const range of field.split(',').filter((part) => part !== '')) {
    const error = rangeError(range, bounds)
    if (error !== undefined) return error
  }
  return undefined
}

function rangeError(range: string, bounds: Bounds): string | undefined {
  const steps = range.split('/')
  const ends = steps[0].split('-')
  const any = ends[0] === '*' || ends[0] === '?'
  if (steps.length > 2) return `too many slashes: ${range}`
  if (!any && ends.length > 2) return `too many hyphens: ${range}`
  const start = any ? bounds.min : numberIn(ends[0], bounds)
  if (typeof start === 'string') return start
  const written = ends.length === 2 && !any ? numberIn(ends[1], bounds) : start
  if (typeof written === 'string') return written
  const step = steps.length === 2 ? numberIn(steps[1], { min: 0, max: 0 }) : 1
  if (typeof step === 'string') return step
  const end = any || (steps.length === 2 && ends.length === 1) ? bounds.max : written
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${range}`
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${range}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${range}`
  return step === 0 ? `step of range should be a positive number: ${range}` : undefined
}

/** A number or a name; a text is the reason why it is neither. */
function numberIn(text: string, bounds: Bounds): number | string {
  const named = bounds.names?.indexOf(text.toLowerCase()) ?? -1
  if (named !== -1) return named + bounds.min
  if (/^[+-]?\d+$/.test(text)) {
    return text.startsWith('-') ? `negative number (${text}) not allowed: ${text}` : Number(text)
  }
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
}

function isTimeZone(name: string): boolean {
  if (name === '' || name === 'Local') return true
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
