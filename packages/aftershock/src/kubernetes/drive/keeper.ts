import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ProblemError } from '../../model/problem.ts'
import type { KubeClient, Ref } from '../client.ts'
import type { KubeSettings } from '../kubeconfig.ts'
import { writeHeld } from './held-objects.ts'
import type { KeeperOptions, ToKeeper } from './keeper-main.ts'

/** The runner's side of the keeper. */
export type Keeper = {
  /** On disk, and with the keeper, when it returns: from now on the object will be removed without us. */
  hold(ref: Ref): Promise<void>
  /** It is gone, verified. */
  release(ref: Ref): Promise<void>
  /** Ends the keeper; what is still held stays, and the run's folder says so. */
  close(): Promise<void>
}

const BEAT_MS = 1_000
const ANSWER_MS = 20_000

/**
 * Starts a process of its own that renews the leases of our objects, and removes them when this one dies or
 * falls silent.
 *
 * @throws ProblemError `keeper-not-started` (exit 4)
 */
export async function startKeeper(
  runFolder: string,
  runId: string,
  settings: KubeSettings,
  client: Pick<KubeClient, 'server' | 'context'>,
): Promise<Keeper> {
  const fixed = { ...settings, context: client.context }
  writeHeld(runFolder, { type: 'cluster', runId, settings: fixed, server: client.server })
  const options: KeeperOptions = { runFolder, runId, settings: fixed }
  const output = openSync(join(runFolder, 'keeper.log'), 'a')
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const main = fileURLToPath(new URL(`./keeper-main${extension}`, import.meta.url))
  const child = fork(main, [JSON.stringify(options)], {
    // A session of its own: neither the terminal's Ctrl-C nor its end reaches it.
    detached: true,
    execArgv: [],
    stdio: ['ignore', output, output, 'ipc'],
  })
  closeSync(output)
  await answered(child, 'ready', runFolder)
  const beat = setInterval(() => send(child, { type: 'beat' }), BEAT_MS)
  beat.unref()
  // It must not keep us alive: with us goes the channel, and that is its sign to act.
  child.unref()
  child.channel?.unref?.()
  const tell = async (type: 'hold' | 'release', ref: Ref): Promise<void> => {
    writeHeld(runFolder, { type, ref })
    const done = answered(child, `${type} ${ref.resource.kind} ${ref.namespace}/${ref.name}`, runFolder)
    send(child, { type, ref })
    await done
  }
  return {
    hold: (ref) => tell('hold', ref),
    release: (ref) => tell('release', ref),
    close: async () => {
      clearInterval(beat)
      if (child.exitCode !== null || !child.connected) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.ref()
      send(child, { type: 'end' })
      await gone
    },
  }
}

function send(child: ChildProcess, message: ToKeeper): void {
  if (child.connected) child.send(message, () => undefined)
}

function answered(child: ChildProcess, word: string, runFolder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error: ProblemError | undefined): void => {
      clearTimeout(timer)
      child.off('message', listen)
      child.off('exit', gone)
      if (error === undefined) resolve()
      else reject(error)
    }
    const listen = (message: unknown): void => {
      if (message === word) end(undefined)
    }
    const gone = (): void => end(noKeeper(runFolder, 'it exited'))
    const timer = setTimeout(() => end(noKeeper(runFolder, 'it does not answer')), ANSWER_MS)
    child.on('message', listen)
    child.once('exit', gone)
  })
}

function noKeeper(runFolder: string, why: string): ProblemError {
  return new ProblemError(
    [
      {
        code: 'keeper-not-started',
        what: 'Cannot inject into the cluster',
        why: `a keeper process must stand by to remove the fault should we die: ${why}`,
        fix: `see ${join(runFolder, 'keeper.log')}`,
      },
    ],
    4,
  )
}
