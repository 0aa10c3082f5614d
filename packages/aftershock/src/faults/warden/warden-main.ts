import { randomUUID } from 'node:crypto'
import { ProblemError } from '../../model/problem.ts'
import { appendLine, processesFile, recordOf } from '../process/process-record.ts'
import { renewedLease } from './lease.ts'
import type { Answer, Ask, CallName, FromWarden, ToWarden, WardenOptions } from './messages.ts'
import { WardenHouse } from './warden-house.ts'

/**
 * The warden: a process of its own that holds everything that must be undone, and undoes it when its runner
 * asks, dies, or falls silent. Started by `warden-client.ts`; argument 2: `WardenOptions` as JSON.
 */
const options = JSON.parse(process.argv[2]) as WardenOptions

const send = (message: FromWarden): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

const house = new WardenHouse(options, (event) => send({ type: 'event', event }))
const lease = renewedLease(options.leaseMs, () => void leave('lease ended: the runner fell silent'))

async function leave(reason: string, exitCode = 0): Promise<void> {
  lease.end()
  await house.end(reason)
  process.exit(exitCode)
}

const calls: { readonly [K in CallName]: (ask: Ask<K>) => Answer<K> | Promise<Answer<K>> } = {
  'start-service': ({ service, env, replica }) => house.startService(service, env, replica),
  'wait-listening': async ({ pod, timeoutMs }) => {
    await house.waitUntilListening(pod, timeoutMs)
    return undefined
  },
  'open-proxies': ({ services }) => house.openProxies(services),
  'start-command': (command) => house.startCommand(command),
  'stop-command': async ({ name }) => {
    await house.stopCommand(name)
    return undefined
  },
  apply: (request) => house.faults.apply(request),
  evidence: ({ faultId }) => house.faults.evidence(faultId),
  remove: ({ faultId }) => house.faults.remove(faultId),
  'proxy-stats': () => house.proxyStats(),
  'shut-down': ({ graceMs }) => house.end('asked by the runner', graceMs),
}

async function answer(id: number, name: CallName, ask: unknown): Promise<void> {
  try {
    send({ type: 'answer', id, value: await calls[name](ask as never) })
  } catch (error) {
    // Not a Problem: a bug. It goes back to whoever asked; what is held stays held.
    const problems =
      error instanceof ProblemError
        ? error.problems
        : [
            {
              code: 'bug',
              what: `Cannot do "${name}"`,
              why: error instanceof Error ? String(error.stack) : String(error),
            },
          ]
    send({ type: 'failed', id, problems, exitCode: error instanceof ProblemError ? error.exitCode : 4 })
  }
}

process.on('message', (message: ToWarden) => {
  lease.renew()
  if (message.type === 'call') void answer(message.id, message.name, message.ask)
})
process.once('disconnect', () => void leave('the runner is gone'))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void leave(signal))
process.on('uncaughtException', (error) => {
  house.journal.write('bug', { error: String(error.stack) })
  void leave('a bug of the warden', 70)
})

appendLine(
  processesFile(options.runFolder),
  recordOf({
    role: 'warden',
    pid: process.pid,
    token: randomUUID(),
    command: process.argv.slice(0, 2).join(' '),
    service: 'warden',
  }),
)
house.journal.write('warden-started', { leaseMs: options.leaseMs, runner: process.ppid })
// The runner may have died before we could listen to its end.
if (process.connected) send({ type: 'ready' })
else void leave('the runner is gone')
