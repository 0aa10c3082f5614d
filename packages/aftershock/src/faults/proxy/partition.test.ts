import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { ask, client, echo, fault, proxyFor, settled, sleep, tcpService } from './test-support/tcp.ts'

const partition = { kind: 'partition' } as const

test('partition stalls live connections without reset, and they go on when it heals', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  const socket = await client(proxy.address)
  expect(await ask(socket, 'before')).toBe('before')
  const applied = proxy.add(fault(partition, ['up', 'down']))
  await applied.ready
  const answer = ask(socket, 'during')
  expect(await settled(answer, 200)).toBe(false)
  expect(socket.destroyed).toBe(false)
  await applied.remove()
  expect(await answer).toBe('during')
  const { seen, eligible, addedMs } = applied.effect()
  expect({ seen, eligible }).toEqual({ seen: 1, eligible: 1 })
  expect(addedMs[0]).toBeGreaterThan(190)
})

test.runIf(process.platform === 'linux')('partition lets connects hang, and counts them', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  for (let round = 0; round < 3; round++) {
    const applied = proxy.add(fault(partition, ['up', 'down']))
    await applied.ready
    const hanging = [connect({ ...proxy.address }), connect({ ...proxy.address })]
    const events: string[] = []
    for (const socket of hanging) {
      socket.on('connect', () => events.push('connect'))
      socket.on('error', (error) => events.push(error.message))
    }
    await sleep(350)
    expect(events).toEqual([])
    expect(applied.effect()).toMatchObject({ seen: 2, eligible: 2 })
    for (const socket of hanging) socket.destroy()
    await applied.remove()
    const socket = await client(proxy.address)
    expect(await ask(socket, 'healed')).toBe('healed')
    socket.destroy()
  }
})

test.runIf(process.platform === 'linux')(
  'a connect that hung in a partition goes on when it heals',
  async () => {
    await using service = await tcpService(echo)
    await using proxy = await proxyFor([service.address])
    const applied = proxy.add(
      fault({ kind: 'loss', lossPercent: 100, correlationPercent: 0, cause: 'loss' }, ['up']),
    )
    await applied.ready
    const started = performance.now()
    const connecting = client(proxy.address)
    await sleep(200)
    await applied.remove()
    expect(await ask(await connecting, 'x')).toBe('x')
    // Its kernel sends the SYN again after a second.
    expect(performance.now() - started).toBeGreaterThan(900)
  },
)

test('partition of the answers stalls them only; a caller or pod that it does not name goes on', async () => {
  await using one = await tcpService(echo)
  await using two = await tcpService(echo)
  await using proxy = await proxyFor([one.address, two.address])
  const applied = proxy.add(fault(partition, ['down'], { pods: new Set(['payment-0']) }))
  await applied.ready
  const cut = await client(proxy.address)
  const whole = await client(proxy.address)
  const answer = ask(cut, 'cut')
  expect(await ask(whole, 'whole')).toBe('whole')
  expect(await settled(answer, 100)).toBe(false)
  await applied.remove()
  expect(await answer).toBe('cut')
})

test('partition added and removed in quick succession ends in the last state', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  const removals: Promise<void>[] = []
  for (let i = 0; i < 8; i++) removals.push(proxy.add(fault(partition, ['up', 'down'])).remove())
  const last = proxy.add(fault(partition, ['up', 'down']))
  await last.ready
  await Promise.all(removals)
  const hanging = connect({ ...proxy.address })
  hanging.on('error', () => undefined)
  const connected = new Promise((resolve) => hanging.once('connect', resolve))
  if (process.platform === 'linux') expect(await settled(connected, 150)).toBe(false)
  await last.remove()
  const socket = await client(proxy.address)
  expect(await ask(socket, 'x')).toBe('x')
  hanging.destroy()
})

test('a partition in force does not keep the process from ending', () => {
  const here = new URL('.', import.meta.url)
  const script = `
    const { openProxy } = await import(${JSON.stringify(new URL('open-proxy.ts', here).href)})
    const proxy = await openProxy({ service: 's', protocol: 'tcp', listen: { host: '127.0.0.1', port: 0 },
      replicas: [{ pod: 's-0', address: { host: '127.0.0.1', port: 9 } }], random: Math.random })
    const stage = { kind: 'partition' }
    await proxy.add({ id: 'x', pods: undefined, callers: undefined, directions: ['up'], stage }).ready
    console.log('in force')
    process.exit(7)
  `
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
  expect(run.stderr.toString()).toBe('')
  expect(run.stdout.toString()).toContain('in force')
  expect(run.status).toBe(7)
})
