import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ServiceConfig } from '../../../model/system.ts'

const ECHO = fileURLToPath(new URL('./echo-server.ts', import.meta.url))

export function echoCommand(...flags: readonly string[]): string {
  return [process.execPath, ECHO, ...flags].map((word) => `'${word}'`).join(' ')
}

/** A service that answers its pid, behind a proxy. */
export async function echoService(name: string, over: Partial<ServiceConfig> = {}): Promise<ServiceConfig> {
  return {
    name,
    namespace: 'default',
    labels: { app: name },
    annotations: {},
    command: echoCommand(),
    cwd: tmpdir(),
    env: {},
    listen: { host: '127.0.0.1', port: await freePort() },
    upstream: { host: '127.0.0.1', port: await freePort() },
    protocol: 'http',
    replicas: 1,
    ...over,
  }
}

/** Ports handed out once each, so that tests in one file do not meet. */
const handedOut = new Set<number>()

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await new Promise((resolve) => server.close(resolve))
  if (handedOut.has(port)) return await freePort()
  handedOut.add(port)
  return port
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'aftershock-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Waits until it holds, and fails loudly when it never does. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 15_000,
): Promise<number> {
  const startMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - startMs > withinMs) throw new Error(`never: ${what}`)
    await sleep(25)
  }
  return performance.now() - startMs
}
