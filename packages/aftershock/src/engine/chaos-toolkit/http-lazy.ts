import type { HttpAnswer, HttpRequest } from './http-call.ts'

/** One call; Node's HTTP and TLS are loaded by the first, since they cost a third of the start of a run without any. */
export async function httpCall(request: HttpRequest): Promise<HttpAnswer> {
  loaded ??= await import('./http-call.ts')
  return loaded.callOverHttp(request)
}

let loaded: typeof import('./http-call.ts') | undefined
