// node bench/analysis.ts [--spans 1000000] [--runs 5] [--threads 1,2] [--spool] [--steps]
// Speed of the whole analysis over a generated table (seeded: the same spans each time), by stage, and in several
// threads; with --spool over spans in a file, so that memory must not grow with their number; with --steps by step:
// CPU ms before it, then in each thread, and ms that the first thread waited for the others. Wall times tell only on an idle machine; CPU times also hold on a busy one. The first run of each
// includes reading and compiling the code.
import nodeModule from 'node:module'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { analysis, type Findings } from '../packages/aftershock/src/analysis/analyse.ts'
import { giveMemoryBack } from '../packages/aftershock/src/cli/give-memory-back.ts'
import type { CrewSpans } from '../packages/aftershock/src/crew/crew-hand.ts'
import { SpanSpool } from '../packages/aftershock/src/crew/span-spool.ts'
import { type StepWorked, startThreadCrew } from '../packages/aftershock/src/crew/thread-crew.ts'
import { forkRandom, type Random } from '../packages/aftershock/src/model/random.ts'
import type { SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../packages/aftershock/src/model/span-table-builder.ts'
import { CHAOS_WINDOWS, chaosRequests, EPOCH_NS, PODS_A_SERVICE, SERVICES } from './chaos-requests.ts'

// As `analyze` does.
setFlagsFromString('--invocation-count-for-turbofan=100000')
nodeModule.enableCompileCache()
giveMemoryBack()

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '1000000' },
    runs: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1,2' },
    spool: { type: 'boolean', default: false },
    steps: { type: 'boolean', default: false },
  },
})

/** @param spool - takes spans when there are many: then the table that is returned has none */
function generate(spans: number, random: Random, spool?: SpanSpool): SpanTable {
  const builder = new SpanTableBuilder({ epochNs: EPOCH_NS, attributes: 'drop', memory: 'shared' })
  const resources = new Map(
    SERVICES.map((service) => [
      service,
      Array.from({ length: PODS_A_SERVICE }, (_, i) =>
        builder.addResource({ 'service.name': service, 'k8s.pod.name': `${service}-${i}` }),
      ),
    ]),
  )
  for (const request of chaosRequests(spans, random)) {
    if (spool !== undefined && builder.length > spool.tableSpansMax) spool.take(builder)
    else if (spool === undefined && builder.length >= spans) break
    for (const { service, pod, span } of request) builder.addSpan(resources.get(service)?.[pod] ?? 0, span)
  }
  spool?.take(builder)
  return builder.finish()
}

const length = Number(values.spans)

async function measure(name: string, run: () => Findings | Promise<Findings>): Promise<void> {
  for (let i = 1; i <= Number(values.runs); i++) {
    const from = performance.now()
    const cpu = process.cpuUsage()
    const findings = await run()
    const ms = performance.now() - from
    const { user, system } = process.cpuUsage(cpu)
    const stages = Object.entries(findings.stages).map(([stage, took]) => `${stage} ${Math.round(took)}`)
    const { spans } = findings.data
    console.log(
      `${name}, run ${i}: ${spans} spans in ${Math.round(ms)} ms, ${Math.round(spans / ms)} k spans/s, CPU ${Math.round((user + system) / 1000)} ms (ms by stage: ${stages.join(', ')})`,
    )
    if (i === 1) console.log(findings.headline)
  }
}

/** CPU time of the last run: what threads wait for, and what they do side by side. */
function tellSteps(name: string, steps: readonly StepWorked[]): void {
  const sum = (of: (worked: StepWorked) => number): number =>
    Math.round(steps.reduce((ms, worked) => ms + of(worked), 0))
  const between = sum((s) => s.betweenMs)
  const busiest = sum((s) => Math.max(...s.threadsMs))
  const all = sum((s) => s.threadsMs.reduce((a, b) => a + b))
  console.log(
    `${name}, last run, CPU: ${between} ms between the steps, ${all} ms in them, of these ${busiest} ms in the busiest thread of each: ${between + all} ms on one core, ${between + busiest} ms side by side; the first thread waited ${sum((s) => s.waitedMs)} ms`,
  )
  if (values.steps) {
    for (const { step, betweenMs, threadsMs, waitedMs } of steps)
      console.log(`  ${step}: ${[betweenMs, ...threadsMs, waitedMs].map((ms) => ms.toFixed(1)).join(' ')}`)
  }
}

async function inThreads(threads: number, spans: CrewSpans, common: Common): Promise<void> {
  const crew = startThreadCrew(threads)
  const steps: StepWorked[] = []
  const name = `${threads} thread${threads === 1 ? '' : 's'}`
  await measure(name, () => {
    steps.length = 0
    return crew.inquire(analysis({ windows: CHAOS_WINDOWS }, common.epochNs, common), spans, (worked) =>
      steps.push(worked),
    )
  })
  tellSteps(name, steps)
  await crew.stop()
}

type Common = Pick<SpanTable, 'epochNs' | 'dropped' | 'sampling'>

const threads = values.threads.split(',').map(Number)
if (values.spool) {
  const spool = new SpanSpool(Number.POSITIVE_INFINITY, () => false)
  // The table is not held: its columns are in the file.
  const spooled = spool.finish(generate(length, forkRandom(1, 'bench'), spool))
  for (const n of threads) await inThreads(n, { kind: 'spooled', spooled }, spooled.common)
} else {
  const table = generate(length, forkRandom(1, 'bench'))
  for (const n of threads) await inThreads(n, { kind: 'table', table }, table)
}
console.log(
  `memory: ${Math.round(process.memoryUsage().rss / 1e6)} MB resident, ${Math.round(process.resourceUsage().maxRSS / 1e3)} MB at most`,
)
