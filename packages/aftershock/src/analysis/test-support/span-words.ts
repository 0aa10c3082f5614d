import { luckOf } from './luck.ts'
import type { Call } from './world.ts'

/** What the conventions put on spans. */
export function serverAttributes(op: string, status: number): Readonly<Record<string, string | number>> {
  if (op.startsWith('on ')) return { 'messaging.system': 'kafka', 'messaging.operation.type': 'process' }
  const [method, route] = op.split(' ')
  return { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status }
}

export function clientAttributes(
  call: Call,
  { status, type }: { readonly status?: number; readonly type?: string },
): Readonly<Record<string, string | number>> {
  const [method, path] = call.op.split(' ')
  return {
    ...{ 'http.request.method': method, 'url.path': path, 'server.address': call.to, 'server.port': 8080 },
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(type === undefined ? {} : { 'error.type': type }),
  }
}

/** Hex digits that the seed and a name give, the same in both worlds. */
export function idOf(seed: number, name: string, digits: number): string {
  let id = ''
  for (let i = 0; id.length < digits; i++) {
    id += Math.floor(luckOf(seed, `${name} id ${i}`) * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  }
  return id
}
