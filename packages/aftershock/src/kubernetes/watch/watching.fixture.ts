import { seededRandom } from '../../model/random.ts'
import { playScript } from '../windows/scripted-mesh.fixture.ts'
import { ExperimentBook } from './experiment-book.ts'
import { startWatchServer, type WatchServerOptions } from './watch-server.ts'

/** A watcher's HTTP side whose cluster is told of by a test. */
export type Watching = {
  readonly options: Omit<WatchServerOptions, 'token'>
  readonly book: ExperimentBook
  /** A NetworkChaos on `shop/pod-0`, in force. */
  tell(): void
  /** It is gone. */
  end(): void
  serve(token?: string): Promise<{ readonly url: string; close(): Promise<void> }>
}

export function watching(): Watching {
  const book = new ExperimentBook()
  let revision = 1
  let wake = Promise.withResolvers<void>()
  const { history } = playScript({
    kind: 'NetworkChaos',
    pods: 1,
    rounds: 1,
    end: 'none',
    aheadMs: 0,
    eventLoss: 0,
    watchGaps: 0,
    hasRecordEvents: true,
    random: seededRandom(1),
  })
  const changedNow = (): void => {
    revision += 1
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  const changed = async (since: number, ms: number): Promise<number> => {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
    })
    if (revision <= since) await Promise.race([wake.promise, late])
    clearTimeout(timer)
    return revision
  }
  const archive = { all: () => [], add: () => undefined, expire: () => undefined }
  const options: Omit<WatchServerOptions, 'token'> = {
    host: '127.0.0.1',
    port: 0,
    known: { book, archive, revision: () => revision, isComplete: () => true },
    watcher: {
      ready: Promise.resolve(),
      revision: () => revision,
      changed,
      counts: () => ({ sightings: 0, relists: 0, troubles: 0, missingKinds: [] }),
      chaosObjects: () => [],
      stop: async () => undefined,
    },
    metrics: () => [{ name: 'leader', type: 'gauge', help: 'h', samples: [{ value: 1 }] }],
    unready: () => undefined,
  }
  return {
    options,
    book,
    tell: () => {
      for (const event of history.events)
        book.note({ what: 'event', event, seenNs: event.atNs + 1_000_000n, live: true })
      const seenNs = (history.events.at(-1)?.atNs ?? 0n) + 10_000_000n
      if (history.object !== undefined)
        book.note({ what: 'object', object: history.object, seenNs, live: true })
      changedNow()
    },
    end: () => {
      book.note({ what: 'gone', uid: history.uid, seenNs: BigInt(Date.now()) * 1_000_000n, live: true })
      changedNow()
    },
    serve: async (token) => {
      const server = await startWatchServer({ ...options, token })
      return { url: `http://127.0.0.1:${server.port}`, close: () => server.close() }
    },
  }
}
