import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { ProblemError } from '../model/problem.ts'
import type { CommandContext } from './command-module.ts'
import type { GlobalFlags } from './global-flags.ts'

export function build(command: Command, context: CommandContext): void {
  command
    .option('--force', 'write over what is there')
    .action((flags: GlobalFlags & { readonly force?: boolean }) => {
      const io = context.io()
      const files = [
        { path: 'aftershock.yaml', text: `${schemaLine(io.cwd)}${systemTemplate}` },
        { path: join('chaos', 'payment-latency.yaml'), text: experimentTemplate },
      ]
      const there = files.filter((file) => existsSync(join(io.cwd, file.path)))
      if (there.length > 0 && flags.force !== true) throw alreadyThere(there.map((file) => file.path))
      mkdirSync(join(io.cwd, 'chaos'), { recursive: true })
      for (const file of files) writeFileSync(join(io.cwd, file.path), file.text)
      const ignored = ignoreRuns(io.cwd)
      const written = [
        ...files.map((file) => file.path),
        ...(ignored ? ['.gitignore (.aftershock/ added)'] : []),
      ]
      if (flags.json) io.out.write(`${JSON.stringify({ written })}\n`)
      else {
        io.out.write(`Wrote ${written.join(', ')}\n`)
        io.out.write('next   put your services into aftershock.yaml, then\n')
        io.out.write('       aftershock doctor && aftershock run chaos/payment-latency.yaml\n')
      }
    })
}

function alreadyThere(paths: readonly string[]): ProblemError {
  return new ProblemError([
    {
      code: 'init-exists',
      what: 'Cannot write the first files',
      where: { file: paths[0] ?? '' },
      why: `nothing of yours is written over: ${paths.join(', ')} ${paths.length === 1 ? 'exists' : 'exist'}`,
      fix: 'aftershock init --force',
    },
  ])
}

/** Editors complete the file by its schema where Aftershock is installed in the project. */
function schemaLine(cwd: string): string {
  const schema = 'node_modules/aftershock/schema/aftershock-yaml.schema.json'
  return existsSync(join(cwd, schema)) ? `# yaml-language-server: $schema=${schema}\n` : ''
}

/** @returns whether a line was added */
function ignoreRuns(cwd: string): boolean {
  const file = join(cwd, '.gitignore')
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (!existsSync(join(cwd, '.git')) || /^\.aftershock\/?$/m.test(before)) return false
  writeFileSync(file, `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}.aftershock/\n`)
  return true
}

const systemTemplate = `# The system under test: docs/reference/config.md
system:
  services:
    payment-service:
      labels: { app: payment-service }     # what selectors of Chaos Mesh manifests match
      # command: node payment.js           # to have it started, and restarted after a pod-kill
      listen: 127.0.0.1:7003                # callers come here: the proxy takes this address
      upstream: 127.0.0.1:17003             # the process itself (given to it as PORT when we start it)
      protocol: http                        # http | grpc | tcp
load: { request: POST http://127.0.0.1:8080/checkout, rps: 20 }
traces: { otlp: { http: 4318, grpc: 4317 } }
phases: { baseline: 30s, recovery: auto }
guards: [ "POST /checkout errors > 50% for 10s" ]
hypotheses: [ "POST /checkout errors < 1%", "POST /checkout p95 < 500ms" ]
`

const experimentTemplate = `# An ordinary Chaos Mesh manifest: it runs here as it does in a cluster.
apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata:
  name: payment-latency
spec:
  action: delay
  mode: all
  selector:
    namespaces: [default]
    labelSelectors: { app: payment-service }
  delay: { latency: 500ms }
  duration: 30s
`
