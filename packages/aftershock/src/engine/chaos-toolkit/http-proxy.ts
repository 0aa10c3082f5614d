import type { Socket } from 'node:net'

// Not imported as a module: see http-call.ts.
const { request } = process.getBuiltinModule('node:http')

type Environment = Readonly<Record<string, string | undefined>>

/** The proxy that the environment names for an address: `http_proxy`, `https_proxy`, `all_proxy`, but `no_proxy`. */
export function proxyFor(url: URL, env: Environment): URL | undefined {
  const scheme = url.protocol.slice(0, -1)
  const named = either(env, `${scheme}_proxy`) ?? either(env, 'all_proxy')
  if (named === undefined || isBypassed(url, either(env, 'no_proxy') ?? '')) return undefined
  return new URL(named.includes('://') ? named : `http://${named}`)
}

function either(env: Environment, name: string): string | undefined {
  const value = env[name] ?? env[name.toUpperCase()]
  return value === '' ? undefined : value
}

function isBypassed(url: URL, list: string): boolean {
  const host = url.hostname.toLowerCase()
  const withPort = `${host}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`
  return list
    .split(',')
    .map((one) => one.trim().toLowerCase().replace(/^\./, ''))
    .filter((one) => one !== '')
    .some((one) => one === '*' || host === one || host.endsWith(`.${one}`) || withPort === one)
}

/** A TLS connection through the proxy. @throws Error when the proxy refuses */
export function tunnel(proxy: URL, target: URL): Promise<Socket> {
  const path = `${target.hostname}:${target.port || 443}`
  return new Promise((resolve, reject) => {
    const asked = request(proxy, { method: 'CONNECT', path, agent: false })
    asked.on('error', reject)
    asked.on('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy()
        reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT ${path}`))
        return
      }
      const secure = process
        .getBuiltinModule('node:tls')
        .connect({ socket, servername: target.hostname }, () => resolve(secure))
      secure.on('error', reject)
    })
    asked.end()
  })
}
