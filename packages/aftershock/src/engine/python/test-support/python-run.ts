import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { dict, type PyDict, type PyValue } from '../../../formats/chaos-toolkit/values.ts'
import type { Problem } from '../../../model/problem.ts'
import type { ActivityCall, ActivityOutcome, ExitRequest, RunDocument } from '../../chaos-toolkit/ports.ts'
import { type PythonHost, type PythonLogRecord, pythonHost } from '../python-host.ts'
import type { ReportedSpan } from '../worker-channel.ts'

/** A host with modules of its own to import, and what it said. */
export type PythonRun = {
  readonly host: PythonHost
  readonly folder: string
  readonly exits: ExitRequest[]
  readonly logs: PythonLogRecord[]
  readonly warnings: Problem[]
  readonly spans: ReportedSpan[]
  call(
    func: string,
    args?: Readonly<Record<string, PyValue>>,
    more?: Partial<ActivityCall>,
  ): Promise<ActivityOutcome>
  [Symbol.asyncDispose](): Promise<void>
}

/** `files`: path → text, for example `mods.py`. Functions that `call` names are looked for in `mods`. */
export function pythonRun(files: Readonly<Record<string, string>>, interpreter?: string): PythonRun {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-python-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const [exits, logs, warnings, spans]: [ExitRequest[], PythonLogRecord[], Problem[], ReportedSpan[]] = [
    [],
    [],
    [],
    [],
  ]
  const host = pythonHost({
    interpreter,
    env: () => ({ ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' }),
    requestExit: (request) => exits.push(request),
    log: (record) => logs.push(record),
    warn: (problem) => warnings.push(problem),
    onSpan: (span) => spans.push(span),
  })
  return {
    host,
    folder,
    exits,
    logs,
    warnings,
    spans,
    call: (func, args, more) => host.activities.run({ ...callOf(func, args), ...more }),
    [Symbol.asyncDispose]: async () => {
      await host.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function activityOf(func: string, args?: Readonly<Record<string, PyValue>>): PyDict {
  const provider = dict({ type: 'python', module: 'mods', func, arguments: args && dict(args) })
  return dict({ type: 'action', name: 'a', provider })
}

function callOf(func: string, args: Readonly<Record<string, PyValue>> | undefined): ActivityCall {
  return {
    activity: activityOf(func),
    arguments: args && dict(args),
    configuration: dict({}),
    secrets: dict({}),
    lane: 'foreground',
    isInHypothesis: false,
    signal: new AbortController().signal,
    carrier: { headers: {}, env: {} },
  }
}

export function documentOf(experiment: PyDict, journal?: PyDict): RunDocument {
  const none = (): PyDict => dict({})
  return {
    experiment,
    configuration: none(),
    secrets: none(),
    settings: none(),
    extensions: undefined,
    journal,
  }
}

/** Says so loudly where there is none: then these tests do not run. */
export function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('python3 is not installed: the tests of Python providers and controls are skipped')
    return false
  }
}
