import { readChaosMesh } from '../../../formats/chaos-mesh/read-chaos-mesh.ts'
import type { Fault } from '../../../model/fault.ts'
import type { ServiceConfig } from '../../../model/system.ts'

/** A fault as somebody would write it: `spec` is YAML flow or block text, two blanks deep. */
export function faultOf(kind: string, spec: string, name = 'one'): Fault {
  const text = `apiVersion: chaos-mesh.org/v1alpha1
kind: ${kind}
metadata: { name: ${name}, namespace: default }
spec:
${spec
  .trim()
  .split('\n')
  .map((line) => `  ${line.replace(/^ {4}/, '')}`)
  .join('\n')}
`
  const read = readChaosMesh(text, 'experiment.yaml')
  if (!read.ok) throw new Error(read.problems.map((problem) => `${problem.what}: ${problem.why}`).join('\n'))
  return read.value.faults[0]
}

export const select = (app: string): string => `selector: { labelSelectors: { app: ${app} } }`

/** A described service; nothing runs. */
export function described(name: string, port: number, over: Partial<ServiceConfig> = {}): ServiceConfig {
  return {
    name,
    namespace: 'default',
    labels: { app: name },
    annotations: {},
    command: 'node server.js',
    cwd: '.',
    env: {},
    listen: { host: '127.0.0.1', port },
    upstream: { host: '127.0.0.1', port: port + 10_000 },
    protocol: 'http',
    replicas: 1,
    ...over,
  }
}
