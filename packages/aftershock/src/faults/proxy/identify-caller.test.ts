import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { parseTcpRow } from '../tcp-rows.ts'
import { type CallerProcess, callerIdentifier } from './identify-caller.ts'
import { client, echo, fault, latency, proxyFor, tcpService } from './test-support/tcp.ts'

const isLinux = process.platform === 'linux'

/** Connects, holds the connection, and tells its port; `deep` through a child of its own. */
function caller(port: number, depth: 'self' | 'child') {
  const script = `
    const socket = require('node:net').connect(${port}, '127.0.0.1', () => console.log(socket.localPort))
    socket.on('data', () => undefined)
    setInterval(() => socket.write('x'), 20)`
  const args =
    depth === 'self'
      ? ['-e', script]
      : [
          '-e',
          `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}], { stdio: 'inherit' }); setInterval(() => undefined, 1000)`,
        ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const localPort = new Promise<number>((resolve) =>
    child.stdout.once('data', (text) => resolve(Number(text))),
  )
  return {
    pid: child.pid ?? 0,
    localPort,
    [Symbol.dispose]() {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    },
  }
}

test.runIf(isLinux)('callerIdentifier() finds the service of a process, and of its children', async () => {
  await using service = await tcpService(echo)
  using order = caller(service.address.port, 'self')
  using web = caller(service.address.port, 'child')
  const processes: CallerProcess[] = [
    { service: 'order', pid: order.pid },
    { service: 'web', pid: web.pid },
  ]
  const identify = callerIdentifier(() => processes)
  const stranger = await client(service.address)
  const ports = [await order.localPort, await web.localPort, stranger.localPort ?? 0, 1]
  expect(await Promise.all(ports.map(identify))).toEqual(['order', 'web', undefined, undefined])
  stranger.destroy()
})

test.runIf(isLinux)('a fault for one caller meets its calls only', async () => {
  await using service = await tcpService(echo)
  const processes: CallerProcess[] = []
  await using proxy = await proxyFor([service.address], { identify: callerIdentifier(() => processes) })
  using order = caller(proxy.address.port, 'self')
  using web = caller(proxy.address.port, 'self')
  processes.push({ service: 'order', pid: order.pid }, { service: 'web', pid: web.pid })
  await Promise.all([order.localPort, web.localPort])
  await expect.poll(() => proxy.stats().connections.open).toBe(2)
  const applied = proxy.add(fault(latency(1), ['up'], { callers: new Set(['order']) }))
  await applied.ready
  await expect.poll(() => applied.effect().seen).toBeGreaterThan(3)
  await expect.poll(() => proxy.stats().callers).toEqual({ order: 1, web: 1 })
  const { calls } = proxy.stats()
  expect(applied.effect().eligible).toBeLessThan(calls * 0.8)
})

test('parseTcpRow() reads ports, state and inode of either address family', () => {
  const v4 =
    '   0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 12345 1 0 20 4 30 10 -1'
  expect(parseTcpRow(v4)).toEqual({ localPort: 8080, remotePort: 50000, state: 1, inode: '12345' })
  const v6 =
    '   3: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:1F90 02 00000000:00000000 01:00000064 00000000     0        0 77 2 0'
  expect(parseTcpRow(v6)).toMatchObject({ localPort: 50000, remotePort: 8080, state: 2, inode: '77' })
  expect(
    parseTcpRow(
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    ),
  ).toBeUndefined()
  expect(parseTcpRow('')).toBeUndefined()
})
