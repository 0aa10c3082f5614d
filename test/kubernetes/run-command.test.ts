import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OURS } from '../../packages/aftershock/src/kubernetes/our-objects.ts'
import { chaosResource, type Resource } from '../../packages/aftershock/src/kubernetes/resources.ts'
import type { RunResult } from '../../packages/aftershock/src/model/result.ts'
import { cli, startCli } from '../e2e/support/cli.ts'
import { type Player, playChaosMesh } from './chaos-mesh/player.ts'
import { clock, manifest } from './driving.ts'
import { describeCluster, usePlane } from './plane.ts'
import { runPods } from './pods.ts'
import { type ToyShop, toyShop } from './toy-shop.ts'

const networkChaos = chaosResource('NetworkChaos') as Resource
const otlpPort = 23_418

describeCluster('aftershock run --target k8s', () => {
  const plane = usePlane()
  let mesh: Player
  beforeAll(() => {
    mesh = playChaosMesh(plane.clientOf('admin'))
  })
  afterAll(() => mesh.stop())

  type World = { readonly cwd: string; readonly namespace: string; readonly args: readonly string[] }

  const world = async (wanted: string, spec: object = {}): Promise<World> => {
    const namespace = await plane.namespace(wanted)
    const wishes = [0, 1].map((i) => ({ namespace, name: `payment-${i}`, labels: { app: 'payment' } }))
    await runPods(plane.admin, wishes)
    const cwd = mkdtempSync(join(tmpdir(), 'aftershock-k8s-'))
    mkdirSync(join(cwd, '.git'))
    const body = {
      action: 'delay',
      mode: 'all',
      selector: { labelSelectors: { app: 'payment' } },
      delay: { latency: '300ms' },
      ...spec,
    }
    writeFileSync(join(cwd, 'slow.yaml'), manifest('NetworkChaos', namespace, 'slow', body))
    writeFileSync(
      join(cwd, 'aftershock.yaml'),
      `traces: { otlp: { http: ${otlpPort}, grpc: ${otlpPort - 1} } }\n`,
    )
    const kubeconfig = plane.control.kubeconfigOf('admin')
    const phases = ['--baseline', '2s', '--chaos', '4s', '--recovery', '2s']
    return {
      cwd,
      namespace,
      args: ['run', 'slow.yaml', '--target', 'k8s', '--kubeconfig', kubeconfig, '--yes', ...phases],
    }
  }
  const ours = async (namespace: string): Promise<readonly string[]> =>
    (await plane.admin.list(networkChaos, { namespace, labelSelector: OURS })).items.map(
      (one) => one.metadata.name,
    )
  const hit = (namespace: string): readonly string[] =>
    mesh.injectedNow().filter((id) => id.startsWith(`${namespace}/`))
  const eventsOf = (cwd: string): string => {
    const [run] = readdirSync(join(cwd, '.aftershock', 'runs'))
    return readFileSync(join(cwd, '.aftershock', 'runs', run ?? '', 'events.ndjson'), 'utf8')
  }

  test('a whole run: the traces prove the fault, its removal is verified, kubectl sees none of it', async () => {
    const { cwd, namespace, args } = await world('whole')
    const shop: ToyShop = await toyShop(namespace, otlpPort, (pod) =>
      hit(namespace).includes(`${namespace}/${pod}`) ? 300 : 0,
    )
    const run = await cli(
      [
        ...args,
        '--baseline',
        '6s',
        '--chaos',
        '8s',
        '--load',
        shop.checkout,
        '--rps',
        '20',
        '--hypothesis',
        'POST /checkout p95 < 200ms',
        '--json',
      ],
      { cwd },
    )
    await shop.close()
    expect(run.code, run.stderr).toBe(1)
    const result = JSON.parse(run.stdout) as RunResult
    expect(result.run.target).toBe('k8s:test')
    expect(result.run.verdict).toBe('broke')
    expect(result.proof).toMatchObject({ tookEffect: true, gone: true })
    expect(result.proof.goneWhy).toContain('NetworkChaos whole/slow is gone, 2 of 2 records recovered')
    expect(result.experiment?.targets).toEqual([
      { service: 'payment', namespace, pods: ['payment-0', 'payment-1'] },
    ])
    expect(await ours(namespace)).toEqual([])
    expect(plane.kubectl('get', 'networkchaos', '-n', namespace, '--no-headers')).toBe('')
  })

  test('--dry-run shows the pods and changes nothing', async () => {
    const { cwd, namespace, args } = await world('dry-run')
    const run = await cli([...args, '--dry-run'], { cwd })
    expect(run.code, run.stderr).toBe(0)
    expect(run.stdout).toContain('targets  payment-0, payment-1')
    expect(run.stdout).toContain('apply NetworkChaos dry-run/slow in test (https://127.0.0.1:')
    expect(await ours(namespace)).toEqual([])
  })

  test('without a terminal nothing is injected unless somebody said --yes; production must be named', async () => {
    const { cwd, args } = await world('shop-prod')
    const plain = await cli(
      args.filter((one) => one !== '--yes'),
      { cwd },
    )
    expect(plain.code).toBe(2)
    const yes = await cli(args, { cwd })
    expect(yes.code).toBe(2)
    expect(yes.stderr).toContain('shop-prod looks like production')
    expect(yes.stderr).toContain('--confirm test')
  })

  test('a selector that matches nothing, a context that is not there, rights that are missing', async () => {
    const nothing = await world('no-match', { selector: { labelSelectors: { app: 'nobody' } } })
    const unmatched = await cli(nothing.args, { cwd: nothing.cwd })
    expect(unmatched.code).toBe(2)
    expect(unmatched.stderr).toContain('matches none')
    const context = await cli([...nothing.args, '--context', 'nowhere'], { cwd: nothing.cwd })
    expect(context.code).toBe(4)
    expect(context.stderr).toContain('use --context test')
    const kubeconfig = plane.control.kubeconfigOf('nobody')
    const forbidden = await cli([...nothing.args, '--kubeconfig', kubeconfig], { cwd: nothing.cwd })
    expect(forbidden.code).toBe(4)
    expect(forbidden.stderr).toContain('RBAC')
    expect(forbidden.stderr).not.toContain('    at ')
  })

  test.each(['phase","phase":"baseline', 'fault-applying', 'fault-applied', 'fault-removing'])(
    'killed (SIGKILL) at %s: the keeper removes everything, and stop tells of it',
    async (moment) => {
      const { cwd, namespace, args } = await world(`killed-at-${moment.replaceAll(/[^a-z]+/g, '-')}`)
      mesh.script.recoverMs = 300
      const run = startCli([...args, '--load', 'none'], { cwd })
      await expect.poll(() => events(cwd), { timeout: 60_000, interval: 10 }).toContain(moment)
      run.child.kill('SIGKILL')
      await run.end
      await expect.poll(() => ours(namespace)).toEqual([])
      // A request that was on its way when the runner died may still have arrived after that.
      await clock.sleep(2_500)
      await expect.poll(() => ours(namespace)).toEqual([])
      expect(hit(namespace)).toEqual([])
      mesh.script.recoverMs = 5
      const stop = await cli(['stop'], { cwd })
      expect(stop.code, stop.stderr).toBe(0)
      expect(stop.stdout).toMatch(/was killed at/)
    },
  )

  test('the API server is away and the runner is killed meanwhile: the keeper waits, and removes everything', async () => {
    const { cwd, namespace, args } = await world('killed-in-outage')
    const run = startCli([...args, '--load', 'none', '--chaos', '60s'], { cwd })
    await expect.poll(() => events(cwd)).toContain('fault-applied')
    await plane.control.killApiServer()
    run.child.kill('SIGKILL')
    await run.end
    await clock.sleep(1_000)
    expect(hit(namespace)).toHaveLength(2)
    await plane.control.startApiServer()
    await expect.poll(() => ours(namespace)).toEqual([])
    expect(hit(namespace)).toEqual([])
    const stop = await cli(['stop'], { cwd })
    expect(stop.code, stop.stderr).toBe(0)
  })

  const events = (cwd: string): string => {
    try {
      return eventsOf(cwd)
    } catch {
      return ''
    }
  }

  test('runner and keeper both lost: stop removes it; from elsewhere stop --target k8s does', async () => {
    const { cwd, namespace, args } = await world('both-lost')
    const run = startCli([...args, '--load', 'none', '--chaos', '60s'], { cwd })
    await expect.poll(() => events(cwd)).toContain('fault-applied')
    const [id = ''] = readdirSync(join(cwd, '.aftershock', 'runs'))
    const log = readFileSync(join(cwd, '.aftershock', 'runs', id, 'keeper.log'), 'utf8')
    const keeper = Number(/keeper (\d+) stands by/.exec(log)?.[1])
    process.kill(keeper, 'SIGKILL')
    run.child.kill('SIGKILL')
    await run.end
    await clock.sleep(500)
    expect(hit(namespace)).toHaveLength(2)
    const elsewhere = mkdtempSync(join(tmpdir(), 'aftershock-elsewhere-'))
    const target = ['--target', 'k8s', '--kubeconfig', plane.control.kubeconfigOf('admin')]
    // Its lease has not ended: somebody may still own it.
    const early = await cli(['stop', ...target], { cwd: elsewhere })
    expect(early.stdout).toContain('Nothing to stop')
    const stop = await cli(['stop', id, ...target], { cwd: elsewhere })
    expect(stop.code, stop.stderr).toBe(0)
    expect(stop.stdout).toContain(`removed NetworkChaos ${namespace}/slow of run ${id}`)
    expect(hit(namespace)).toEqual([])
    const here = await cli(['stop'], { cwd })
    expect(here.code, here.stderr).toBe(0)
  })

  test('^C while the fault is on: removed, verified, 130', async () => {
    const { cwd, namespace, args } = await world('interrupted')
    const run = startCli([...args, '--load', 'none', '--chaos', '60s'], { cwd })
    await expect.poll(() => events(cwd)).toContain('fault-applied')
    run.child.kill('SIGINT')
    const end = await run.end
    expect(end.code, end.stderr).toBe(130)
    expect(await ours(namespace)).toEqual([])
    expect(hit(namespace)).toEqual([])
  })

  test('Chaos Mesh cannot recover: exit 6 with the command that helps, and stop tries again', async () => {
    const { cwd, namespace, args } = await world('cannot-recover')
    mesh.script.recoverError = (id) =>
      id.startsWith(`${namespace}/`) ? 'rpc error: daemon is gone' : undefined
    const run = await cli([...args, '--load', 'none'], { cwd })
    expect(run.code, run.stderr).toBe(6)
    expect(run.stdout + run.stderr).toContain('rpc error: daemon is gone')
    mesh.script.recoverError = undefined
    const stop = await cli(['stop'], { cwd })
    expect(stop.code, stop.stderr).toBe(0)
    expect(await ours(namespace)).toEqual([])
    // Chaos Mesh is given a minute before the run gives up.
  }, 240_000)
})
