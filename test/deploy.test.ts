import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { WATCHED_RESOURCES } from '../packages/aftershock/src/kubernetes/watch/watcher.ts'

type Rule = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}
type Manifest = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
  readonly spec?: Record<string, unknown>
}

const root = resolve(import.meta.dirname, '..')
const chart = join(root, 'deploy/helm/aftershock')
const helm = [process.env.AFTERSHOCK_HELM, 'helm'].find(
  (one) => one !== undefined && spawnSync(one, ['version']).status === 0,
)
if (helm === undefined)
  console.warn('\n!!! helm is absent: the chart is not rendered (AFTERSHOCK_HELM=<path>)\n')

const read = (text: string): readonly Manifest[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((one) => one !== null)

const plain = read(readFileSync(join(root, 'deploy/watch.yaml'), 'utf8'))

/** `group/resource verb`, sorted, of every role of an installation. */
function rightsIn(manifests: readonly Manifest[], kind: 'Role' | 'ClusterRole'): readonly string[] {
  return manifests
    .filter((one) => one.kind === kind)
    .flatMap((one) => one.rules ?? [])
    .flatMap((rule) =>
      rule.resources.flatMap((resource) =>
        rule.verbs.map((verb) => `${rule.apiGroups[0]}/${resource} ${verb}`),
      ),
    )
    .toSorted()
}

type PodSpec = {
  readonly securityContext: Record<string, unknown>
  readonly containers: readonly [
    {
      readonly args: readonly string[]
      readonly securityContext: Record<string, unknown>
      readonly livenessProbe: { readonly httpGet: { readonly path: string } }
      readonly readinessProbe: { readonly httpGet: { readonly path: string } }
      readonly volumeMounts: readonly { readonly mountPath: string }[]
    },
  ]
}

function podOf(manifests: readonly Manifest[]): PodSpec {
  const deployment = manifests.find((one) => one.kind === 'Deployment')
  const spec = deployment?.spec as { readonly template: { readonly spec: PodSpec } } | undefined
  if (spec === undefined) throw new Error('there is no Deployment')
  return spec.template.spec
}

describe('deploy/watch.yaml', () => {
  test('grants to list and watch what the watcher follows, and nothing else', () => {
    const wanted = WATCHED_RESOURCES.flatMap(({ group, plural }) => [
      `${group}/${plural} list`,
      `${group}/${plural} watch`,
    ])
    const granted = rightsIn(plain, 'ClusterRole').filter((right) => / (list|watch)$/.test(right))
    expect(granted).toEqual(wanted.toSorted())
  })

  test('grants to write one annotation’s object, its own Lease, and the removal of chaos objects', () => {
    const writes = [...rightsIn(plain, 'ClusterRole'), ...rightsIn(plain, 'Role')].filter(
      (right) => !/ (list|watch|get)$/.test(right),
    )
    expect([
      ...new Set(writes.map((right) => right.replace(/chaos-mesh\.org\/\w+/, 'chaos-mesh.org/…'))),
    ]).toEqual([
      '/pods patch',
      'chaos-mesh.org/… delete',
      'coordination.k8s.io/leases create',
      'coordination.k8s.io/leases update',
    ])
    expect(rightsIn(plain, 'ClusterRole').join()).not.toMatch(/\*|secrets|create|update/)
  })

  test('runs as nobody, on a read-only file system, with probes', () => hardened(plain))
})

describe('deploy/Dockerfile', () => {
  const dockerfile = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8')

  test('starts the program of the package, as a user that is not root', () => {
    const { bin } = JSON.parse(readFileSync(join(root, 'packages/aftershock/package.json'), 'utf8'))
    expect(dockerfile).toContain(
      `ln -s /opt/aftershock/packages/aftershock/${bin.aftershock} /usr/local/bin/aftershock`,
    )
    expect(dockerfile).toMatch(/^USER 65532:65532$/m)
    expect(dockerfile).toContain('ENTRYPOINT ["aftershock"]')
    const [program, flag] = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '[]')
    expect(podOf(plain).containers[0].args).toEqual(expect.arrayContaining([program, flag]))
  })

  test('copies only what the build has', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build \/source\/(\S+) \/opt\/aftershock\/(\S+)$/gm)]
    expect(copied.map(([, from, to]) => [from, to])).toEqual([
      ['node_modules', 'node_modules'],
      ['packages/aftershock', 'packages/aftershock'],
    ])
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['.git', '**/node_modules', '**/dist']))
  })
})

describe.runIf(helm !== undefined)('the Helm chart', () => {
  const render = (...set: readonly string[]): readonly Manifest[] =>
    read(
      execFileSync(
        helm ?? '',
        [
          'template',
          'aftershock',
          chart,
          '--namespace',
          'aftershock',
          '--kube-version',
          '1.33.0',
          ...set.flatMap((one) => ['--set', one]),
        ],
        { encoding: 'utf8' },
      ),
    )

  test('is accepted by helm lint', () => {
    expect(execFileSync(helm ?? '', ['lint', '--strict', chart], { encoding: 'utf8' })).toContain(
      '0 chart(s) failed',
    )
  })

  test('grants what the plain manifests grant', () => {
    for (const kind of ['ClusterRole', 'Role'] as const)
      expect(rightsIn(render(), kind)).toEqual(rightsIn(plain, kind))
  })

  test('grants less when less is wanted', () => {
    const less = render('annotate=false', 'removeOrphans=false', 'namespace=shop')
    expect(rightsIn(less, 'ClusterRole')).toEqual([])
    const rights = rightsIn(less, 'Role').filter((right) => !right.startsWith('coordination'))
    expect(rights.every((right) => / (list|watch)$/.test(right))).toBe(true)
    expect(podOf(less).containers[0].args).toEqual(
      expect.arrayContaining(['--namespace=shop', '--no-annotate', '--no-orphans']),
    )
  })

  test('runs as nobody, on a read-only file system, with probes', () => hardened(render()))

  test('a volume, a token and an exporter are as the values say', () => {
    const kinds = (manifests: readonly Manifest[]) => manifests.map((one) => one.kind)
    expect(kinds(render())).toEqual(expect.arrayContaining(['PersistentVolumeClaim', 'Secret']))
    const bare = render(
      'persistence.enabled=false',
      'token.existingSecret=mine',
      'otlp.endpoint=http://c:4318',
    )
    expect(kinds(bare)).not.toContain('PersistentVolumeClaim')
    expect(kinds(bare)).not.toContain('Secret')
    expect(JSON.stringify(podOf(bare))).toContain('http://c:4318')
    expect(JSON.stringify(podOf(bare))).toContain('"name":"mine"')
  })
})

function hardened(manifests: readonly Manifest[]): void {
  const { securityContext, containers } = podOf(manifests)
  const [watch] = containers
  expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  expect(watch.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(watch.livenessProbe.httpGet.path).toBe('/healthz')
  expect(watch.readinessProbe.httpGet.path).toBe('/readyz')
  expect(watch.volumeMounts.map((one) => one.mountPath)).toEqual(['/data', '/tmp'])
}
