import type { ExtensionHost } from '../../engine/chaos-toolkit/ports.ts'

/** A host whose code is loaded by the first call: an experiment that needs none does not pay for it. */
export function lazyHost<Host extends ExtensionHost>(
  load: () => Promise<Host>,
): ExtensionHost & {
  readonly loaded: () => Promise<Host>
} {
  let loading: Promise<Host> | undefined
  const loaded = () => {
    loading ??= load()
    return loading
  }
  return {
    loaded,
    activities: {
      validate: async (activity, scope) => (await loaded()).activities.validate(activity, scope),
      run: async (call) => (await loaded()).activities.run(call),
    },
    controls: {
      load: async (control) => (await loaded()).controls.load(control),
      validate: async (control) => (await loaded()).controls.validate(control),
      configure: async (call) => (await loaded()).controls.configure(call),
      hook: async (call) => (await loaded()).controls.hook(call),
      cleanup: async (control) => (await loaded()).controls.cleanup(control),
      event: async (event) => (await loaded()).controls.event(event),
    },
    search: async (pattern, text) => {
      const { search } = await loaded()
      return search === undefined ? false : search(pattern, text)
    },
    discover: async (name, options) => {
      const { discover } = await loaded()
      if (discover === undefined) throw new Error(`this host cannot discover ${name}`)
      return discover(name, options)
    },
    extensions: async () => (await (await loaded()).extensions?.()) ?? [],
    notify: async (channel, event) => (await loaded()).notify?.(channel, event),
    close: async () => {
      if (loading !== undefined) await (await loading).close()
    },
  }
}
