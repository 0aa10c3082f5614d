import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readTcpRows } from '../tcp-rows.ts'

/** A process that we started for a service; its children and its process group belong to it. */
export type CallerProcess = { readonly service: string; readonly pid: number }

type Waiting = { readonly remotePort: number; readonly resolve: (service: string | undefined) => void }

/** Processes change seldom; connections come often. */
const FAMILY_FRESH_MS = 1000

/**
 * Which service a connection comes from: its port → the socket's inode (/proc/net/tcp) → the process
 * that has it open (/proc/<pid>/fd) → the service that we started. Connections that come together are
 * looked up together.
 *
 * @returns undefined for a caller that is not ours, and everywhere but on Linux
 */
export function callerIdentifier(
  processes: () => readonly CallerProcess[],
): (remotePort: number) => Promise<string | undefined> {
  if (process.platform !== 'linux') return () => Promise.resolve(undefined)
  let waiting: Waiting[] = []
  let family: { readonly readMs: number; readonly pids: ReadonlyMap<number, string> } | undefined
  const servicesByPid = (freshMs: number): ReadonlyMap<number, string> => {
    if (family === undefined || performance.now() - family.readMs > freshMs) {
      family = { readMs: performance.now(), pids: familyOf(processes()) }
    }
    return family.pids
  }
  const lookUp = async (): Promise<void> => {
    const batch = waiting
    waiting = []
    try {
      await answer(batch)
    } finally {
      // Only the first answer counts: nobody waits for ever, whatever went wrong.
      for (const { resolve } of batch) resolve(undefined)
    }
  }
  const answer = async (batch: readonly Waiting[]): Promise<void> => {
    const inodes = await inodesOf(new Set(batch.map((one) => one.remotePort)))
    const wanted = new Set([...inodes.values()].flat())
    let found = ownersOf(wanted, servicesByPid(FAMILY_FRESH_MS))
    // A worker that was forked just now is not in the family yet.
    if (found.size < wanted.size && family !== undefined && performance.now() - family.readMs > 50) {
      found = ownersOf(wanted, servicesByPid(0))
    }
    for (const { remotePort, resolve } of batch) {
      const inode = inodes.get(remotePort)?.find((one) => found.has(one))
      resolve(inode === undefined ? undefined : found.get(inode))
    }
  }
  return (remotePort) =>
    new Promise((resolve) => {
      waiting.push({ remotePort, resolve })
      if (waiting.length === 1) setImmediate(() => lookUp().catch(() => undefined))
    })
}

async function inodesOf(localPorts: ReadonlySet<number>): Promise<Map<number, string[]>> {
  const inodes = new Map<number, string[]>()
  for (const row of await readTcpRows()) {
    if (!localPorts.has(row.localPort) || row.inode === '0') continue
    inodes.set(row.localPort, [...(inodes.get(row.localPort) ?? []), row.inode])
  }
  return inodes
}

/** New sockets have the highest descriptors, so those come first, and the search stops when all are found. */
function ownersOf(inodes: ReadonlySet<string>, services: ReadonlyMap<number, string>): Map<string, string> {
  const owners = new Map<string, string>()
  for (const [pid, service] of services) {
    if (owners.size === inodes.size) break
    const descriptors = list(`/proc/${pid}/fd`).sort((a, b) => Number(b) - Number(a))
    for (const descriptor of descriptors) {
      const inode = socketInode(`/proc/${pid}/fd/${descriptor}`)
      if (inode === undefined || !inodes.has(inode) || owners.has(inode)) continue
      owners.set(inode, service)
      if (owners.size === inodes.size) break
    }
  }
  return owners
}

function socketInode(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1]
  } catch {
    return undefined
  }
}

/** Every process of this machine that descends from one of ours, or is in its process group. */
function familyOf(roots: readonly CallerProcess[]): Map<number, string> {
  const services = new Map(roots.map(({ pid, service }) => [pid, service]))
  const others = list('/proc')
    .filter((name) => /^\d+$/.test(name) && !services.has(Number(name)))
    .flatMap((name) => readStat(Number(name)))
  // Parents are mostly older than their children; repeat for the rest.
  for (let grown = true; grown; ) {
    grown = false
    for (const { pid, parent, group } of others) {
      const service = services.get(parent) ?? services.get(group)
      if (service === undefined || services.has(pid)) continue
      services.set(pid, service)
      grown = true
    }
  }
  return services
}

/** `pid (name) state ppid pgrp …`; the name may contain anything, so what follows its last parenthesis. */
function readStat(pid: number): { pid: number; parent: number; group: number }[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return [{ pid, parent: Number(fields[1]), group: Number(fields[2]) }]
  } catch {
    return []
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
