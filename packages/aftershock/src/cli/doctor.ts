import { accessSync, constants, existsSync, mkdirSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { systemClock } from '../engine/clock.ts'
import { accepts, portProblem } from '../faults/process/ports.ts'
import type { Check } from '../kubernetes/doctor/check.ts'
import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'
import type { SystemFile } from '../model/system.ts'
import { plural } from '../report/text-line.ts'
import { cleanLeftovers } from './clean-leftovers.ts'
import { addTargetOptions, type ClusterFlags, isCluster, kubeSettingsOf } from './cluster-flags.ts'
import type { CommandContext } from './command-module.ts'
import { bypassChecks, silentServiceChecks } from './doctor-traffic.ts'
import { findSystemFile, homeOf, shownPath } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { Io, Output } from './io.ts'
import { readSystem } from './read-system.ts'

type DoctorFlags = GlobalFlags & ClusterFlags & { readonly listen: string }

export function build(command: Command, context: CommandContext): void {
  command.option('--listen <seconds>', 'wait so long for spans of services that already run', '5')
  addTargetOptions(command, 'doctor').action(async (flags: DoctorFlags) => {
    const io = context.io()
    const checks = isCluster(flags) ? await clusterChecks(flags) : await examine(io, flags)
    if (flags.json) io.out.write(`${JSON.stringify(checks, null, 2)}\n`)
    else for (const check of checks) io.out.write(lines(check, io.out))
    const bad = checks.filter((check) => check.state === 'bad').length
    if (!flags.json)
      io.out.write(
        bad === 0
          ? 'Ready.\n'
          : `${bad} ${bad === 1 ? 'problem' : 'problems'}: runs would fail or be inconclusive.\n`,
      )
    context.exit(bad === 0 ? 0 : 4)
  })
}

/** The way into a cluster is loaded only when it is asked for. */
async function clusterChecks(flags: DoctorFlags): Promise<readonly Check[]> {
  const { connectKube } = await import('../kubernetes/client.ts')
  const { examineCluster } = await import('../kubernetes/doctor/examine-cluster.ts')
  const clock = systemClock()
  const client = connectKube({ ...kubeSettingsOf(flags), clock, patienceMs: 3_000 })
  try {
    return await examineCluster(client, clock, flags.namespace ?? client.namespace)
  } finally {
    client.close()
  }
}

async function examine(io: Io, flags: DoctorFlags): Promise<readonly Check[]> {
  const systemPath = findSystemFile(io.cwd, flags.config)
  const home = homeOf(io.cwd, systemPath)
  const checks: Check[] = [nodeAndDisk(home, io.cwd)]
  for (const cleaned of await cleanLeftovers(home)) {
    checks.push({
      state: cleaned.problems.length === 0 ? 'ok' : 'bad',
      what: 'left by a killed run, cleaned',
      seen: [cleaned.text],
    })
  }
  const system = systemOf(io, flags, checks)
  if (system === undefined) return checks
  checks.push(...(await receiverChecks(system)))
  checks.push(...(await serviceChecks(system)))
  checks.push(...(await bypassChecks(system)))
  checks.push(...(await silentServiceChecks(system, Number(flags.listen) * 1_000)))
  return checks
}

function nodeAndDisk(home: string, cwd: string): Check {
  try {
    mkdirSync(home, { recursive: true })
    accessSync(home, constants.W_OK)
    const { bavail, bsize } = statfsSync(home)
    const free = (bavail * bsize) / 1e9
    const text = `Node ${process.versions.node}, write access to ${shownPath(home, cwd)} (${free.toFixed(1)} GB free)`
    return free < 0.2
      ? { state: 'bad', what: text, fix: 'make room: a run keeps its traces there' }
      : { state: 'ok', what: text }
  } catch (error) {
    const why = errorText(error)
    return {
      state: 'bad',
      what: `cannot write to ${home}`,
      seen: [why],
      fix: `make ${dirname(home)} writable`,
    }
  }
}

function systemOf(io: Io, flags: DoctorFlags, checks: Check[]): SystemFile | undefined {
  try {
    const { system, path, warnings } = readSystem(io.cwd, flags.config)
    const seen = warnings.map((warning) => warning.why)
    checks.push({
      state: 'ok',
      what: `${shownPath(path, io.cwd)}: ${plural(system.services.length, 'service')}`,
      seen,
    })
    if (system.load === undefined)
      checks.push({
        state: 'skip',
        what: 'load: none configured',
        fix: 'without traffic a run is inconclusive: add `load:`',
      })
    return system
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    for (const problem of error.problems) {
      checks.push({
        state: 'bad',
        what: problem.what,
        seen: [problem.why],
        ...(problem.fix !== undefined && { fix: problem.fix }),
      })
    }
    return undefined
  }
}

async function receiverChecks(system: SystemFile): Promise<readonly Check[]> {
  const wanted = [
    { what: 'OTLP/HTTP receiver', address: system.traces.otlpHttp },
    { what: 'OTLP/gRPC receiver', address: system.traces.otlpGrpc },
  ]
  return Promise.all(
    wanted.map(async ({ what, address }): Promise<Check> => {
      const problem = await portProblem(address, what)
      const text = `${what}: ${address.host}:${address.port}`
      return problem === undefined
        ? { state: 'ok', what: `${text} is free` }
        : {
            state: 'bad',
            what: text,
            seen: [problem.why],
            fix: problem.fix ?? 'use another port: traces: { otlp: { http: 14318 } }',
          }
    }),
  )
}

async function serviceChecks(system: SystemFile): Promise<readonly Check[]> {
  const checks = await Promise.all(
    system.services.map(async (service): Promise<readonly Check[]> => {
      const found: Check[] = []
      if (service.listen !== undefined) {
        const problem = await portProblem(service.listen, service.name)
        const text = `proxy ${service.name}: ${service.listen.host}:${service.listen.port}`
        found.push(
          problem === undefined
            ? { state: 'ok', what: `${text} is free` }
            : {
                state: 'bad',
                what: text,
                seen: [problem.why],
                fix: 'let the service listen on `upstream`; the proxy takes `listen`',
              },
        )
      }
      if (service.command === undefined && service.upstream !== undefined) {
        const { host, port } = service.upstream
        found.push(
          (await accepts(service.upstream))
            ? { state: 'ok', what: `${service.name} answers on ${host}:${port}` }
            : {
                state: 'bad',
                what: `${service.name} does not answer on ${host}:${port}`,
                fix: `start it there, or give it a \`command\``,
              },
        )
      }
      if (service.command !== undefined && !existsSync(service.cwd)) {
        found.push({ state: 'bad', what: `${service.name}: its folder ${service.cwd} is not there` })
      }
      return found
    }),
  )
  return checks.flat()
}

function lines(check: Check, output: Output): string {
  const signs = output.unicode ? { ok: '✓', bad: '✗', skip: '–' } : { ok: 'ok', bad: 'x', skip: '-' }
  const colors = { ok: 'green', bad: 'red', skip: 'dim' } as const
  const rest = [...(check.seen ?? []), ...(check.fix === undefined ? [] : [`fix: ${check.fix}`])]
  return `  ${output.style(colors[check.state], signs[check.state])} ${check.what}\n${rest.map((line) => `      ${line}\n`).join('')}`
}
