import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Everything that a test needs to speak to the server. */
export type ControlPlane = {
  /** Path of the kubeconfig of a user; `admin` may do everything, others what a test grants them. */
  readonly kubeconfigOf: (user: string) => string
  readonly kubectl: string
  readonly folder: string
  /** SIGKILL, as when a machine is lost. */
  killApiServer(): Promise<void>
  startApiServer(): Promise<void>
  stop(): Promise<void>
}

/** Users that exist from the start; only `admin` has any right. */
const USERS = ['admin', 'runner', 'watcher', 'reader', 'nobody']
const HOST = '127.0.0.1'

/** etcd and kube-apiserver on loopback, with keys and tokens of their own in a temporary folder. */
export async function startControlPlane(programs: string): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-control-plane-'))
  const [etcdPort, peerPort, apiPort] = await freePorts(3)
  writeCredentials(folder, `https://${HOST}:${apiPort}`)
  const etcd = launch(folder, 'etcd', join(programs, 'etcd'), etcdFlags(folder, etcdPort, peerPort))
  let api: ChildProcess | undefined
  const startApiServer = async (): Promise<void> => {
    api = launch(
      folder,
      'kube-apiserver',
      join(programs, 'kube-apiserver'),
      apiFlags(folder, etcdPort, apiPort),
    )
    await untilReady(folder, apiPort, api)
  }
  await startApiServer()
  return {
    kubeconfigOf: (user) => join(folder, `${user}.kubeconfig`),
    kubectl: join(programs, 'kubectl'),
    folder,
    killApiServer: async () => end(api, 'SIGKILL'),
    startApiServer,
    stop: async () => {
      await end(api, 'SIGKILL')
      await end(etcd, 'SIGKILL')
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function etcdFlags(folder: string, port: number, peerPort: number): readonly string[] {
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=http://${HOST}:${port}`,
    `--advertise-client-urls=http://${HOST}:${port}`,
    `--listen-peer-urls=http://${HOST}:${peerPort}`,
    '--log-level=warn',
    // A test's data need not survive a power cut.
    '--unsafe-no-fsync',
  ]
}

function apiFlags(folder: string, etcdPort: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://${HOST}:${etcdPort}`,
    `--bind-address=${HOST}`,
    `--advertise-address=${HOST}`,
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certs')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'service-account.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'service-account.key')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    // Nobody makes service accounts here: there is no controller manager.
    '--disable-admission-plugins=ServiceAccount',
    // Soon enough for a test to see a watch that has expired.
    '--etcd-compaction-interval=0',
    '--watch-cache=true',
    '--endpoint-reconciler-type=none',
  ]
}

function writeCredentials(folder: string, server: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(join(folder, 'service-account.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }))
  writeFileSync(join(folder, 'service-account.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  const rows = USERS.map(
    (user) => `${user}-token,${user},${user}${user === 'admin' ? ',system:masters' : ''}`,
  )
  writeFileSync(join(folder, 'tokens.csv'), `${rows.join('\n')}\n`)
  for (const user of USERS) writeKubeconfig(folder, user, server, { token: `${user}-token` })
}

/** The server signs its own certificate on its first start; it is checked by every client. */
export function writeKubeconfig(
  folder: string,
  name: string,
  server: string,
  credentials: Readonly<Record<string, string>>,
): string {
  const cluster = { server, 'certificate-authority': join(folder, 'certs', 'apiserver.crt') }
  const file = join(folder, `${name}.kubeconfig`)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name, namespace: 'default' } }],
    users: [{ name, user: credentials }],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

function launch(folder: string, name: string, program: string, flags: readonly string[]): ChildProcess {
  const child = spawn(program, flags, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder })
  const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' })
  child.stdout?.pipe(log, { end: false })
  child.stderr?.pipe(log, { end: false })
  return child
}

async function untilReady(folder: string, port: number, api: ChildProcess): Promise<void> {
  const ca = join(folder, 'certs', 'apiserver.crt')
  for (let waitedMs = 0; waitedMs < 90_000; waitedMs += 200) {
    if (api.exitCode !== null) break
    if (existsSync(ca) && (await isReady(port))) return
    await sleep(200)
  }
  throw new Error(`kube-apiserver does not get ready: see ${join(folder, 'kube-apiserver.log')}`)
}

async function isReady(port: number): Promise<boolean> {
  const { request } = await import('node:https')
  return new Promise((resolve) => {
    const headers = { authorization: 'Bearer admin-token' }
    const sent = request(
      { host: HOST, port, path: '/readyz', headers, rejectUnauthorized: false },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode === 200)
      },
    )
    sent.once('error', () => resolve(false))
    sent.end()
  })
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await gone
}

/** Below the range that the system gives to outgoing connections. */
async function freePorts(count: number): Promise<readonly number[]> {
  const found: number[] = []
  while (found.length < count) {
    const port = 24_000 + Math.floor(Math.random() * 6_000)
    if (!found.includes(port) && (await isFree(port))) found.push(port)
  }
  return found
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, HOST, () => server.close(() => resolve(true)))
  })
}
