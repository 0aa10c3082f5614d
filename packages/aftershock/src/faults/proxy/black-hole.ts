import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { Address } from '../../model/system.ts'

/** An address where connects hang: nothing is accepted, nothing is refused. */
export type BlackHole = {
  /** To be called when no other listener takes its connects; resolves when connects hang. */
  fill(): Promise<void>
  close(): Promise<void>
}

/**
 * A string, because a bundle has no file to load. It listens, then blocks its own event loop, so that it
 * never accepts: once the backlog of one is full the kernel drops every further SYN, without RST.
 */
const LISTEN_AND_BLOCK = `
const { workerData, parentPort } = require('node:worker_threads')
const server = require('node:net').createServer((socket) => socket.destroy())
server.on('error', (error) => parentPort.postMessage({ code: error.code }))
server.listen({ ...workerData.address, backlog: 1, reusePort: true }, () => {
  parentPort.postMessage('listening')
  Atomics.wait(workerData.gate, 0, 0)
  server.close()
})
`

const FILLERS_MAX = 16
/** On the same machine a connect that the backlog takes completes at once. */
const FILLER_WAIT_MS = 40

/** Listens in a thread of its own, beside others on the same port (SO_REUSEPORT). */
export async function openBlackHole(address: Address): Promise<BlackHole> {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(LISTEN_AND_BLOCK, {
    eval: true,
    workerData: { gate, address },
    // Ours may say that evaluated text is a module, which this is not.
    execArgv: [],
  })
  worker.unref()
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the black hole ended before it listened')))
    worker.once('message', (message: unknown) => {
      if (message === 'listening') resolve()
      else reject(Object.assign(new Error('the black hole cannot listen'), message))
    })
  })
  let fillers: readonly Socket[] = []
  return {
    async fill() {
      fillers = await fillBacklog(address)
    },
    async close() {
      worker.ref()
      Atomics.store(gate, 0, 1)
      Atomics.notify(gate, 0)
      for (const filler of fillers) filler.destroy()
      // It ends by itself; terminate only makes sure of it.
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 1000))])
      await worker.terminate()
    },
  }
}

/** Connects until one hangs: then the black hole is in force. */
async function fillBacklog(address: Address): Promise<readonly Socket[]> {
  const fillers: Socket[] = []
  for (let i = 0; i < FILLERS_MAX; i++) {
    const socket = connect({ ...address })
    socket.on('error', () => undefined)
    socket.unref()
    const isConnected = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), FILLER_WAIT_MS)
      socket.once('connect', () => {
        clearTimeout(timer)
        resolve(true)
      })
    })
    if (!isConnected) {
      socket.destroy()
      break
    }
    fillers.push(socket)
  }
  return fillers
}
