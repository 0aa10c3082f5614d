import type { ContextHeaders, Propagated } from '../../model/trace-context.ts'
import { percentDecoded, percentEncoded } from './percent.ts'
import { noHeaders, type Propagator } from './propagator.ts'

const membersMax = 180
const bytesMax = 8192

/** `baggage`: values are percent-encoded; what is over the limits is left out. @see https://www.w3.org/TR/baggage/ */
export const w3cBaggage: Propagator = {
  inject({ baggage }) {
    if (baggage !== written.baggage) written = { baggage, headers: headersOf(baggage) }
    return written.headers
  },
  extract(carrier) {
    const members = (carrier.baggage ?? '').slice(0, bytesMax).split(',', membersMax)
    const entries = members.map((member): readonly [string, string] => {
      // Properties after the first semicolon are of no use here.
      const [pair = ''] = member.split(';', 1)
      const at = pair.indexOf('=')
      return [pair.slice(0, Math.max(0, at)).trim(), percentDecoded(pair.slice(at + 1).trim())]
    })
    const named = entries.filter(([key]) => isToken(key))
    return named.length === 0 ? {} : { baggage: Object.fromEntries(named) }
  },
}

/** All spans of a run carry the same. */
let written: { readonly baggage: Propagated['baggage'] | undefined; readonly headers: ContextHeaders } = {
  baggage: undefined,
  headers: noHeaders,
}

function headersOf(baggage: Propagated['baggage']): ContextHeaders {
  let text = ''
  for (const [key, value] of Object.entries(baggage).slice(0, membersMax)) {
    if (!isToken(key)) continue
    const member = `${text === '' ? '' : ','}${key}=${percentEncoded(value)}`
    if (text.length + member.length <= bytesMax) text += member
  }
  return text === '' ? noHeaders : { baggage: text }
}

/** RFC 7230. */
function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)
}
