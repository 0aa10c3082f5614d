// node bench/cores.ts [--runs 5]
// What a second core of this machine can win at most: the same work in one thread and in two at once, of numbers alone
// and of 4 MB visited in no order. Wall times: only on an idle machine.
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const ROUNDS = 60_000_000
/** More than a core's own cache holds. */
const CELLS = 2 ** 20

type Work = 'numbers' | 'memory'

/** @returns ms */
function work(what: Work): number {
  const cells = new Int32Array(what === 'memory' ? CELLS : 1)
  const mask = cells.length - 1
  const from = performance.now()
  let at = 1
  for (let i = 0; i < ROUNDS; i++) {
    at = (Math.imul(at, 1_664_525) + 1_013_904_223) | 0
    cells[(at >>> 4) & mask] += i
  }
  return performance.now() - from
}

async function tell(what: Work, workers: readonly Worker[], runs: number): Promise<void> {
  const inAll = async (of: readonly Worker[]): Promise<number> => {
    const answers = of.map((worker) => once(worker, 'message') as Promise<[number]>)
    for (const worker of of) worker.postMessage(what)
    return Math.max(...(await Promise.all(answers)).map(([ms]) => ms))
  }
  // Compiled before it is measured.
  await inAll(workers)
  for (let run = 1; run <= runs; run++) {
    const one = await inAll(workers.slice(0, 1))
    const both = await inAll(workers)
    console.log(
      `${what}, run ${run}: one thread ${Math.round(one)} ms, each of two at once ${Math.round(both)} ms: ${((2 * one) / both).toFixed(2)} times as much in the same time`,
    )
  }
}

if (isMainThread) {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } })
  const workers = [0, 1].map(() => new Worker(new URL(import.meta.url)))
  for (const what of ['numbers', 'memory'] as const) await tell(what, workers, Number(values.runs))
  await Promise.all(workers.map((worker) => worker.terminate()))
} else parentPort?.on('message', (what: Work) => parentPort?.postMessage(work(what)))
