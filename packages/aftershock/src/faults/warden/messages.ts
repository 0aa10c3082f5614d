import type { Problem } from '../../model/problem.ts'
import type { ServiceConfig } from '../../model/system.ts'
import type { InjectionEvidence, Removal } from '../injector.ts'
import type { ProxyStats } from '../proxy/proxy.ts'
import type { Applied, ApplyRequest } from './fault-action.ts'

/** Given on the warden's command line as JSON. */
export type WardenOptions = {
  readonly runFolder: string
  /** What the warden did, a JSON object a line. */
  readonly journalFile: string
  /** It ends by itself when nobody renewed for so long. */
  readonly leaseMs: number
  /** For chance in stages. */
  readonly seed: number
  /** Limit of each log file. */
  readonly logBytesMax: number
}

export type CommandSpec = {
  /** Names it in events: `load`. */
  readonly name: string
  readonly command: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Request → answer. */
export type WardenCalls = {
  'start-service': [
    {
      readonly service: ServiceConfig
      readonly env: Readonly<Record<string, string>>
      readonly replica: number
    },
    { readonly pid: number },
  ]
  'wait-listening': [{ readonly pod: string; readonly timeoutMs: number }, undefined]
  'open-proxies': [{ readonly services: readonly ServiceConfig[] }, readonly OpenedProxy[]]
  'start-command': [CommandSpec, { readonly pid: number }]
  'stop-command': [{ readonly name: string }, undefined]
  apply: [ApplyRequest, Applied]
  evidence: [{ readonly faultId: string }, InjectionEvidence]
  remove: [{ readonly faultId: string }, Removal]
  'proxy-stats': [undefined, Readonly<Record<string, ProxyStats>>]
  'shut-down': [{ readonly graceMs: number | undefined }, readonly string[]]
}

export type CallName = keyof WardenCalls
export type Ask<K extends CallName> = WardenCalls[K][0]
export type Answer<K extends CallName> = WardenCalls[K][1]

export type OpenedProxy = { readonly service: string; readonly host: string; readonly port: number }

/** Runner → warden. */
export type ToWarden =
  | { readonly type: 'call'; readonly id: number; readonly name: CallName; readonly ask: unknown }
  | { readonly type: 'renew' }

/** Warden → runner. */
export type FromWarden =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | {
      readonly type: 'failed'
      readonly id: number
      readonly problems: readonly Problem[]
      readonly exitCode: 2 | 3 | 4 | 5 | 6
    }
  | { readonly type: 'event'; readonly event: WardenEvent }

export type WardenEvent =
  | {
      readonly kind: 'process-started'
      readonly name: string
      readonly pid: number
      readonly restarts: number
    }
  | {
      readonly kind: 'process-exited'
      readonly name: string
      readonly pid: number
      readonly code: number | undefined
      readonly signal: string | undefined
      /** Undefined: it stays down. */
      readonly restartInMs: number | undefined
    }
  | { readonly kind: 'process-not-restarted'; readonly name: string; readonly problem: Problem }
  /** A fault ended without being asked: its time was up. */
  | { readonly kind: 'fault-ended'; readonly faultId: string; readonly removal: Removal }
  /** From the client: the warden is gone, and what it left behind has been stopped (or not: problems). */
  | { readonly kind: 'warden-gone'; readonly problems: readonly Problem[] }
