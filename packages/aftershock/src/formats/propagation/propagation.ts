import type { ContextHeaders, Propagated } from '../../model/trace-context.ts'
import { b3Multi, b3Single } from './b3.ts'
import { jaeger } from './jaeger.ts'
import type { Propagator } from './propagator.ts'
import { w3cTraceContext } from './w3c.ts'
import { w3cBaggage } from './w3c-baggage.ts'

/** Names as in `OTEL_PROPAGATORS`. */
export const PROPAGATORS: Readonly<Record<string, Propagator>> = {
  tracecontext: w3cTraceContext,
  baggage: w3cBaggage,
  b3: b3Single,
  b3multi: b3Multi,
  jaeger,
}

export const PROPAGATORS_DEFAULT: readonly string[] = ['tracecontext', 'baggage']

/** The headers of all propagators together; names that are not known write nothing. */
export function injectContext(names: readonly string[], propagated: Propagated): ContextHeaders {
  return Object.assign({}, ...names.map((name) => PROPAGATORS[name]?.inject(propagated) ?? {}))
}

/** The first propagator that finds a context gives it; the baggage of all is kept, the first word for a name. */
export function extractContext(names: readonly string[], carrier: ContextHeaders): Propagated {
  const found = names.map((name) => PROPAGATORS[name]?.extract(carrier) ?? {})
  return {
    context: found.find((one) => one.context !== undefined)?.context,
    baggage: Object.fromEntries([...found].reverse().flatMap((one) => Object.entries(one.baggage ?? {}))),
  }
}

/** The same as environment variables of a process: `traceparent` becomes `TRACEPARENT`. */
export function environmentOf(carrier: ContextHeaders): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {}
  for (const name in carrier) {
    const value = carrier[name]
    if (value !== undefined) environment[variableOf(name)] = value
  }
  return environment
}

/** The few names there are come with every span. */
const variables = new Map<string, string>()
const VARIABLES_MAX = 100

function variableOf(name: string): string {
  const known = variables.get(name)
  if (known !== undefined) return known
  const variable = name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
  if (variables.size < VARIABLES_MAX) variables.set(name, variable)
  return variable
}

const CARRIED = /^(traceparent|tracestate|baggage|b3|x_b3_\w+|uber_trace_id|uberctx_\w+)$/i

/** What of an environment carries a context. */
export function carrierOf(environment: Readonly<Record<string, string | undefined>>): ContextHeaders {
  const carrier: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && value !== '' && CARRIED.test(name))
      carrier[name.toLowerCase().replaceAll('_', '-')] = value
  }
  return carrier
}
