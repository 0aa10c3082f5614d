import type { CommandModule } from './command-module.ts'
import type { Io } from './io.ts'

type Entry = { readonly summary: string; readonly hidden?: true } & (
  | { readonly load: () => Promise<CommandModule> }
  | { readonly loadForeign: () => Promise<ForeignCommand> }
)

/** Takes its arguments as they are, and prints its own help. @returns the exit code */
type ForeignCommand = (argv: readonly string[], io: Io, version: string) => Promise<number>

/** Every command: one file each, loaded only when asked for. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  demo: {
    summary: 'a demo shop, a fault, a report: about 90 s, no Docker, no cluster',
    load: () => import('./demo.ts'),
  },
  init: {
    summary: 'write aftershock.yaml and chaos/ with a first experiment for this project',
    load: () => import('./init.ts'),
  },
  doctor: {
    summary: 'check ports, services, proxies in the path, traces arriving',
    load: () => import('./doctor.ts'),
  },
  run: { summary: 'run experiments; writes .aftershock/runs/<id>/', load: () => import('./run.ts') },
  analyze: { summary: 'explain traces you already have', load: () => import('./analyze.ts') },
  explain: {
    summary: 'print the chain of a run again: text, Markdown, Mermaid, agent, JSON',
    load: () => import('./explain.ts'),
  },
  report: {
    summary: '(re)build report.html, summary.md and junit.xml of a run',
    load: () => import('./report.ts'),
  },
  serve: { summary: 'receivers, store, HTTP API and web UI', load: () => import('./serve.ts') },
  stop: { summary: 'remove faults now, even if the runner is gone', load: () => import('./stop.ts') },
  pause: {
    summary: 'take the fault of a run in a cluster away for a while',
    load: () => import('./pause.ts'),
  },
  resume: { summary: 'put a paused fault back on its targets', load: () => import('./resume.ts') },
  validate: { summary: 'check experiments and aftershock.yaml', load: () => import('./validate.ts') },
  convert: {
    summary: 'manifests of Chaos Mesh 1.x as 2.x takes them',
    load: () => import('./convert.ts'),
  },
  runs: { summary: 'list the runs of this folder', load: () => import('./runs.ts') },
  chaos: {
    summary: 'the Chaos Toolkit command line: run, validate, report … of its experiments',
    loadForeign: async () => (await import('./chaos/chaos.ts')).chaos,
  },
  watch: {
    summary: 'Kubernetes: exact windows of every chaos experiment, pod annotations, traces',
    load: () => import('./watch.ts'),
  },
  'collector-config': {
    summary: 'an OpenTelemetry Collector configuration that marks spans by windows',
    load: () => import('./collector-config.ts'),
  },
  completion: { summary: 'shell completion: bash, zsh, fish, pwsh', load: () => import('./completion.ts') },
  ui: { summary: 'alias of serve', load: () => import('./serve.ts'), hidden: true },
  __complete: { summary: 'what a shell may complete', load: () => import('./complete.ts'), hidden: true },
}
