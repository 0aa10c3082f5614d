import { addressOf } from './addresses.js'
import { HttpError } from './http-server.js'

/**
 * Calls another service and waits at most `timeoutMs` for the whole answer.
 *
 * @param target - `POST order /orders`
 * @throws HttpError with the callee's status; 504 when it did not answer in time; 502 when it cannot be reached
 */
export async function call(target, { json, timeoutMs }) {
  const [method, service, path] = target.split(' ')
  try {
    const response = await fetch(`http://${addressOf(service)}${path}`, {
      method,
      ...(json === undefined
        ? {}
        : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer = await response.json()
    if (response.ok) return answer
    throw new HttpError(response.status, answer.error ?? `${service} answered ${response.status}`)
  } catch (error) {
    if (error instanceof HttpError) throw error
    if (error.name === 'TimeoutError')
      throw new HttpError(504, `${service} did not answer within ${timeoutMs} ms`)
    throw new HttpError(502, `${service} cannot be reached: ${error.cause?.code ?? error.message}`)
  }
}
