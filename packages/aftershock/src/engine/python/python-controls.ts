import { isDict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ControlHooks, HookCall, HookOutcome, RunDocument } from '../chaos-toolkit/ports.ts'
import type { CurrentWorker } from './current-worker.ts'
import { hookOutcome } from './outcomes.ts'
import { askStoppable } from './stoppable.ts'
import { toWire } from './wire.ts'
import type { Reply } from './worker-channel.ts'

/** What a module offers: hook → the parameters that it asks for by name. */
type Hooks = ReadonlyMap<string, readonly string[]>
type Loaded = { readonly hooks: Hooks; readonly problem: string | undefined }

/** Controls whose provider is `python`. A hook that a module lacks costs no round trip. */
export function pythonControls(
  workers: CurrentWorker,
  heard: () => ReadonlySet<string>,
  onKilled: (why: string) => void,
): ControlHooks {
  const loaded = new Map<string, Promise<Loaded>>()
  const hooksOf = (control: PyDict): Promise<Loaded> => {
    const module = moduleOf(control)
    if (module === undefined) return Promise.resolve({ hooks: new Map(), problem: withoutModule(control) })
    const known = loaded.get(module) ?? loadModule(workers, module)
    loaded.set(module, known)
    return known
  }
  const asked = async (control: PyDict, func: string): Promise<readonly string[] | undefined> =>
    (await hooksOf(control)).hooks.get(func)
  return {
    load: async (control) => (await hooksOf(control)).problem,
    validate: async (control) => {
      if (moduleOf(control) === undefined) return withoutModule(control)
      if ((await asked(control, 'validate_control')) === undefined) return undefined
      const reply = await ask(workers, 'control.validate', control, { control: toWire(control) })
      return reply.kind === 'ok' ? undefined : reply.kind === 'lost' ? reply.why : reply.error.message
    },
    configure: async (call) => {
      const names = await asked(call.control, 'configure_control')
      if (names === undefined) return { kind: 'absent' }
      const settings = call.isGlobal ? call.document.settings : undefined
      const injected = pick(names, {
        ...offered(call.document),
        settings: settings ?? null,
        event_registry: null,
      })
      return runHook(workers, call.control, 'configure_control', call.arguments, injected, undefined, {
        signal: new AbortController().signal,
        onKilled,
      })
    },
    hook: async (call) => {
      const func = `${call.moment}_${call.level}_control`
      const names = await asked(call.control, func)
      if (names === undefined) return { kind: 'absent' }
      const injected = pick(names, { ...offered(call.document), state: call.state })
      return runHook(workers, call.control, func, call.arguments, injected, call, {
        signal: call.signal,
        onKilled,
      })
    },
    cleanup: async (control) => {
      if ((await asked(control, 'cleanup_control')) === undefined) return { kind: 'absent' }
      return hookOutcome(await ask(workers, 'control.cleanup', control, {}))
    },
    event: async (event) => {
      const worker = workers.peek()
      if (worker === undefined || worker.isLost() || !heard().has(event.name)) return
      const nodes = worker.graph.changes(event.values)
      const values = event.values.map((value) => worker.graph.wire(value))
      const roots = worker.graph.numbers(event.values)
      const reply = await worker.channel.ask('event', { name: event.name, values, nodes, roots }).reply
      if (reply.kind !== 'lost') worker.graph.apply(reply.nodes)
    },
  }
}

/** Parameters that a hook may have besides its arguments (3.1). */
function offered(document: RunDocument): Readonly<Record<string, PyValue>> {
  return {
    experiment: document.experiment,
    configuration: document.configuration,
    secrets: document.secrets,
    settings: document.settings ?? null,
    extensions: document.extensions ?? null,
  }
}

function pick(
  names: readonly string[],
  values: Readonly<Record<string, PyValue>>,
): ReadonlyMap<string, PyValue> {
  return new Map(names.flatMap((name) => (name in values ? [[name, values[name] as PyValue]] : [])))
}

async function runHook(
  workers: CurrentWorker,
  control: PyDict,
  func: string,
  given: PyDict,
  injected: ReadonlyMap<string, PyValue>,
  call: Pick<HookCall, 'context'> | undefined,
  stop: { readonly signal: AbortSignal; readonly onKilled: (why: string) => void },
): Promise<HookOutcome> {
  const worker = workers.get()
  const { graph } = worker
  const roots = [...injected.values(), ...(call === undefined ? [] : [call.context])]
  const nodes = graph.changes(roots)
  const body = {
    module: moduleOf(control),
    func,
    arguments: toWire(given),
    injected: Object.fromEntries([...injected].map(([name, value]) => [name, graph.wire(value)])),
    ...(call !== undefined && { context: graph.wire(call.context) }),
    nodes,
    roots: graph.numbers(roots),
  }
  const name = `${func} of control '${control.get('name')}'`
  const reply = await askStoppable(worker, 'control.hook', body, { ...stop, lane: 'any', name })
  if (reply.kind !== 'lost') graph.apply(reply.nodes)
  return hookOutcome(reply)
}

function ask(workers: CurrentWorker, op: string, control: PyDict, body: object): Promise<Reply> {
  return workers.get().channel.ask(op, { module: moduleOf(control), ...body }).reply
}

async function loadModule(workers: CurrentWorker, module: string): Promise<Loaded> {
  const reply = await workers.get().channel.ask('control.load', { module }).reply
  if (reply.kind === 'lost') return { hooks: new Map(), problem: reply.why }
  if (reply.kind === 'error')
    return { hooks: new Map(), problem: `${reply.error.type}: ${reply.error.message}` }
  const { hooks, missing } = reply.value as unknown as {
    readonly hooks: Readonly<Record<string, readonly string[]>>
    readonly missing?: string
  }
  return { hooks: new Map(Object.entries(hooks)), problem: missing }
}

function moduleOf(control: PyDict): string | undefined {
  const provider = control.get('provider')
  const module = isDict(provider) ? provider.get('module') : undefined
  return typeof module === 'string' && module !== '' ? module : undefined
}

function withoutModule(control: PyDict): string {
  return `Control '${control.get('name')}' must have a module path`
}
