import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Problem, ProblemError } from '../../model/problem.ts'
import type { ServiceConfig } from '../../model/system.ts'
import { openLimitedLog } from '../process/limited-log.ts'
import { portProblem } from '../process/ports.ts'
import { appendLine, type ProcessRecord, processesFile } from '../process/process-record.ts'
import { ownersOfPort } from '../process/socket-table.ts'
import { type ProcessSpec, SupervisedProcess } from '../process/supervised-process.ts'
import { type CallerProcess, callerIdentifier } from '../proxy/identify-caller.ts'
import type { ProxyStats } from '../proxy/proxy.ts'
import type { FaultAction, HeldAction } from './fault-action.ts'
import { type HeldFaults, heldFaults } from './held-faults.ts'
import { type HeldProxy, holdLink } from './held-link.ts'
import { holdDown, holdKill, type Replica } from './held-process.ts'
import { holdStress } from './held-stress.ts'
import { wardenJournal } from './journal.ts'
import type { CommandSpec, OpenedProxy, WardenEvent, WardenOptions } from './messages.ts'
import { openServiceProxy } from './service-proxy.ts'

/** Everything that must be undone, in one place. */
export class WardenHouse {
  readonly faults: HeldFaults
  readonly journal
  readonly #options: WardenOptions
  readonly #emit: (event: WardenEvent) => void
  readonly #processes = new Map<string, SupervisedProcess>()
  readonly #services = new Map<string, ServiceConfig>()
  readonly #proxies = new Map<string, HeldProxy>()
  readonly #done: string[] = []
  readonly #identify = callerIdentifier(() => this.#leaders())
  #ending: Promise<readonly string[]> | undefined

  constructor(options: WardenOptions, emit: (event: WardenEvent) => void) {
    this.#options = options
    this.#emit = emit
    this.journal = wardenJournal(options.journalFile)
    this.faults = heldFaults(
      (action) => this.#hold(action),
      this.journal,
      (faultId, removal) => emit({ kind: 'fault-ended', faultId, removal }),
    )
  }

  /** Starts replica `replica` of a service on its upstream port + replica, given to it as PORT. */
  async startService(
    service: ServiceConfig,
    env: Readonly<Record<string, string>>,
    replica: number,
  ): Promise<{ readonly pid: number }> {
    if (service.command === undefined) throw new ProblemError([noCommand(service)])
    const address = service.upstream && {
      host: service.upstream.host,
      port: service.upstream.port + replica,
    }
    this.#services.set(service.name, service)
    return await this.#start({
      name: podOf(service.name, replica),
      service: service.name,
      role: 'service',
      command: service.command,
      cwd: service.cwd,
      env: { ...service.env, ...env, ...(address && { PORT: String(address.port) }) },
      address,
      restart: 'always',
    })
  }

  async startCommand(command: CommandSpec): Promise<{ readonly pid: number }> {
    return await this.#start({
      ...command,
      service: command.name,
      role: 'command',
      address: undefined,
      restart: 'never',
    })
  }

  async stopCommand(name: string): Promise<void> {
    const outcome = await this.#processes.get(name)?.stop(COMMAND_GRACE_MS)
    if (outcome !== undefined) this.#did(`${name} stopped`)
  }

  async waitUntilListening(pod: string, timeoutMs: number): Promise<void> {
    const found = this.#processes.get(pod)
    if (found === undefined) throw new ProblemError([notStarted(pod)])
    await found.waitUntilListening(timeoutMs)
  }

  /** One proxy for each service that has both addresses; every port that is taken is named at once. */
  async openProxies(services: readonly ServiceConfig[]): Promise<readonly OpenedProxy[]> {
    const opened: OpenedProxy[] = []
    const wanted = services.filter(
      (service) => service.upstream !== undefined && !this.#proxies.has(service.name),
    )
    const taken = await Promise.all(
      wanted.map(({ name, listen }) => listen && portProblem(listen, `the proxy of ${name}`)),
    )
    const problems = taken.filter((problem) => problem !== undefined)
    if (problems.length > 0) throw new ProblemError(problems, 4)
    for (const service of wanted) {
      const { name, listen } = service
      if (listen === undefined) continue
      this.#services.set(name, service)
      const proxy = await openServiceProxy(service, this.#identify, this.#options.seed)
      if (proxy === undefined) continue
      this.#proxies.set(name, { proxy, service, stages: 0, callers: [] })
      this.journal.write('proxy-opened', { service: name, ...listen })
      opened.push({ service: name, host: proxy.address.host, port: proxy.address.port })
    }
    return opened
  }

  proxyStats(): Readonly<Record<string, ProxyStats>> {
    return Object.fromEntries([...this.#proxies].map(([name, { proxy }]) => [name, proxy.stats()]))
  }

  /**
   * Faults first, then what we started, then the proxies. Idempotent; never throws.
   *
   * @param graceMs - between SIGTERM and SIGKILL, for each process; they are stopped at the same time
   */
  end(reason: string, graceMs = SERVICE_GRACE_MS): Promise<readonly string[]> {
    this.#ending ??= this.#endNow(reason, graceMs)
    return this.#ending
  }

  async #endNow(reason: string, graceMs: number): Promise<readonly string[]> {
    this.journal.write('ending', { reason })
    const removals = await withinMs(this.faults.removeAll(), FAULTS_END_MS)
    for (const removal of removals ?? [])
      this.#did(
        removal.removed ? `fault removed: ${removal.verifiedBy}` : `fault may stay: ${removal.problem.why}`,
      )
    await Promise.allSettled(
      [...this.#processes].map(async ([name, running]) => {
        const outcome = await running.stop(graceMs)
        this.journal.write('process-stopped', { name, ...outcome })
        this.#did(`${name} stopped`)
      }),
    )
    await withinMs(
      Promise.allSettled([...this.#proxies.values()].map(({ proxy }) => proxy.close())),
      PROXIES_END_MS,
    )
    if (this.#proxies.size > 0) this.#did(`${this.#proxies.size} proxies closed`)
    this.journal.write('ended', { reason, linesLost: this.journal.lost() })
    return this.#done
  }

  async #start(spec: ProcessSpec): Promise<{ readonly pid: number }> {
    if (this.#ending !== undefined) throw new ProblemError([endingNow(spec.name)], 4)
    await this.#processes.get(spec.name)?.stop(0)
    const folder = join(this.#options.runFolder, 'services')
    mkdirSync(folder, { recursive: true })
    const log = openLimitedLog(join(folder, `${spec.name}.log`), this.#options.logBytesMax)
    const supervised = new SupervisedProcess(spec, {
      log,
      record: (record) => this.#record(record),
      event: ({ kind, ...facts }) => {
        if (this.#ending === undefined) this.journal.write(`process-${kind}`, { name: spec.name, ...facts })
        this.#emit({ kind: `process-${kind}`, name: spec.name, ...facts } as WardenEvent)
      },
    })
    // Known before it runs, so that an end in between finds it.
    this.#processes.set(spec.name, supervised)
    return { pid: await supervised.start() }
  }

  #record(record: ProcessRecord): void {
    appendLine(processesFile(this.#options.runFolder), record)
  }

  #hold(action: FaultAction): HeldAction | Promise<HeldAction> {
    if (this.#ending !== undefined) throw new ProblemError([endingNow('a fault')], 4)
    if (action.kind === 'link') {
      const held = this.#proxies.get(action.service)
      if (held === undefined) throw new ProblemError([noProxy(action.service)])
      return holdLink(held, action.fault)
    }
    const replica = this.#replica(action.pod)
    if (action.kind === 'kill') return holdKill(replica, action)
    if (action.kind === 'down') return holdDown(replica)
    const pid = replica.process?.pid ?? this.#upstreamOwner(action.pod)
    return holdStress(action.pod, action.burners, pid, (record) => this.#record(record))
  }

  #replica(pod: string): Replica {
    return { pod, process: this.#processes.get(pod), proxy: this.#proxies.get(serviceOf(pod))?.proxy }
  }

  /** For a service that runs by itself: whoever listens on its port. */
  #upstreamOwner(pod: string): number | undefined {
    const upstream = this.#services.get(serviceOf(pod))?.upstream
    return upstream && ownersOfPort(upstream.port + Number(pod.slice(pod.lastIndexOf('-') + 1)))[0]
  }

  /** A process of each service; looked through in this order, so callers that faults name come first. */
  #leaders(): readonly CallerProcess[] {
    const named = new Set([...this.#proxies.values()].flatMap((held) => held.callers))
    const rank = (service: string): number => (named.has(service) ? 0 : 1)
    return [...this.#services.values()]
      .sort((a, b) => rank(a.name) - rank(b.name))
      .flatMap(({ name, replicas }) =>
        Array.from({ length: replicas }, (_, i) => podOf(name, i)).flatMap((pod) => {
          const pid = this.#processes.get(pod)?.pid ?? this.#upstreamOwner(pod)
          return pid === undefined ? [] : [{ service: name, pid }]
        }),
      )
  }

  #did(line: string): void {
    this.#done.push(line)
  }
}

// Ctrl-C undoes within 2 s: a fault that cannot be removed must not hold up the rest.
const FAULTS_END_MS = 6_000
const SERVICE_GRACE_MS = 1_000
const COMMAND_GRACE_MS = 3_000
const PROXIES_END_MS = 1_000

function podOf(service: string, replica: number): string {
  return `${service}-${replica}`
}

function serviceOf(pod: string): string {
  return pod.slice(0, pod.lastIndexOf('-'))
}

async function withinMs<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs)
  })
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function noCommand(service: ServiceConfig): Problem {
  return {
    code: 'service-no-command',
    what: `Cannot start ${service.name}`,
    why: 'a service that we start needs a command: it has none',
    fix: `Add to aftershock.yaml: system.services.${service.name}.command`,
  }
}

function noProxy(service: string): Problem {
  return {
    code: 'service-no-proxy',
    what: `Cannot put a fault on calls to ${service}`,
    why: 'calls must pass through a proxy: the service needs both `listen` and `upstream`',
    fix: `Add them in aftershock.yaml under system.services.${service}`,
  }
}

function notStarted(pod: string): Problem {
  return {
    code: 'service-unknown',
    what: `Cannot wait for ${pod}`,
    why: 'it must have been started: it was not',
  }
}

function endingNow(name: string): Problem {
  return {
    code: 'warden-ending',
    what: `Cannot start ${name}`,
    why: 'nothing is started while all is being undone',
  }
}
