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

/**
 * A port that is free, and so is the one above it (the second replica's). Below the range that the system
 * hands to outgoing connections: there, somebody's connection would now and then sit on it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 24_000 + 2 * Math.floor(Math.random() * 4_000)
    if (handedOut.has(port)) continue
    handedOut.add(port)
    if ((await isFree(port)) && (await isFree(port + 1))) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'aftershock-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Waits until it holds, and fails loudly when it never does. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  withinMs = 60_000,
): Promise<number> {
  const startMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - startMs > withinMs) throw new Error(`never: ${what}`)
    await sleep(25)
  }
  return performance.now() - startMs
}
