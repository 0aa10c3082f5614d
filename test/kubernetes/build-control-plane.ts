import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

/** Programs built from Go modules, outside of the repository. */
export type Programs = { readonly folder: string; readonly crds: string }

const here = import.meta.dirname
const PROGRAMS = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
}
/** Only its CRDs are read: data. */
const CHAOS_MESH = 'github.com/chaos-mesh/chaos-mesh@v0.9.1-0.20260902003049-47411975a8cb'

/**
 * kube-apiserver, etcd and kubectl from the module proxy (`go.mod` beside this file), built once into the
 * user's cache; the first time takes minutes.
 *
 * @returns a sentence where that is impossible here
 */
export function buildControlPlane(say: (text: string) => void): Programs | string {
  const go = goCommand()
  if (go === undefined) return 'Go is not installed'
  const sums = ['go.mod', 'go.sum'].map((file) => readFileSync(join(here, file)))
  const hash = createHash('sha256').update(Buffer.concat(sums)).digest('hex').slice(0, 16)
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const folder = join(cache, 'aftershock', 'control-plane', hash)
  mkdirSync(folder, { recursive: true })
  for (const [name, module] of Object.entries(PROGRAMS)) {
    if (existsSync(join(folder, name))) continue
    const startedMs = performance.now()
    say(`building ${name} from ${module} …`)
    const failure = build(go, module, join(folder, name))
    if (failure !== undefined) return `${name} cannot be built: ${failure}`
    say(`built ${name} in ${Math.round((performance.now() - startedMs) / 1000)} s`)
  }
  const crds = crdFolder(go)
  return crds === undefined ? 'the CRDs of Chaos Mesh cannot be had from the module proxy' : { folder, crds }
}

function goCommand(): string | undefined {
  const named = process.env.GOROOT === undefined ? [] : [join(process.env.GOROOT, 'bin/go')]
  return ['go', ...named].find((one) => spawnSync(one, ['version']).status === 0)
}

/** The version is asked of `/version` by clients, so it must be the real one. */
function build(go: string, module: string, file: string): string | undefined {
  const kubernetes = /k8s\.io\/kubernetes v(1\.(\d+)\.\d+)/.exec(readFileSync(join(here, 'go.mod'), 'utf8'))
  const flags = [
    '-s -w',
    `-X k8s.io/component-base/version.gitVersion=v${kubernetes?.[1]}`,
    '-X k8s.io/component-base/version.gitMajor=1',
    `-X k8s.io/component-base/version.gitMinor=${kubernetes?.[2]}`,
  ]
  const arguments_ = ['build', '-trimpath', '-ldflags', flags.join(' '), '-o', `${file}.new`, module]
  const env = { ...process.env, CGO_ENABLED: '0' }
  const built = spawnSync(go, arguments_, { cwd: here, env, encoding: 'utf8', maxBuffer: 64 << 20 })
  if (built.status !== 0) return built.stderr.trim().split('\n').slice(-3).join(' ')
  renameSync(`${file}.new`, file)
  return undefined
}

function crdFolder(go: string): string | undefined {
  try {
    const text = execFileSync(go, ['mod', 'download', '-json', CHAOS_MESH], {
      encoding: 'utf8',
      cwd: tmpdir(),
    })
    const folder = join((JSON.parse(text) as { readonly Dir: string }).Dir, 'config', 'crd', 'bases')
    return readdirSync(folder).length > 20 ? folder : undefined
  } catch {
    return undefined
  }
}
