import type { ControlHooks } from '../../engine/chaos-toolkit/ports.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import { isTracingControl } from './tracing-request.ts'

const known = new WeakMap<ControlHooks, ControlHooks>()

/** The hooks, but for `chaostracing.*`: we trace the run ourselves, and Python is not started for it. */
export function nativeTracing(hooks: ControlHooks): ControlHooks {
  const before = known.get(hooks)
  if (before !== undefined) return before
  const unless =
    <Call, Result>(
      controlOf: (call: Call) => PyDict,
      ours: Result,
      theirs: (call: Call) => Promise<Result>,
    ) =>
    async (call: Call): Promise<Result> =>
      isTracingControl(controlOf(call)) ? ours : theirs(call)
  const itself = (control: PyDict): PyDict => control
  const done = { kind: 'done' } as const
  const native: ControlHooks = {
    load: unless(itself, undefined, hooks.load),
    validate: unless(itself, undefined, hooks.validate),
    configure: unless((call) => call.control, done, hooks.configure),
    hook: unless((call) => call.control, done, hooks.hook),
    cleanup: unless(itself, done, hooks.cleanup),
    event: hooks.event,
  }
  known.set(hooks, native)
  return native
}
