import type {
  ClusterEventJson,
  ClusterExperimentJson,
  ClusterWindowJson,
} from '../../../aftershock/src/model/cluster-experiment.ts'
import { countText, timeText } from '../../../aftershock/src/model/numbers.ts'
import { getJson } from '../data-source.ts'
import { LiveHeader } from './live-header.tsx'
import { usePolled } from './use-polled.ts'

type Lists = {
  readonly experiments: readonly ClusterExperimentJson[]
  readonly archives: readonly ClusterExperimentJson[]
  readonly events: readonly ClusterEventJson[]
}

const EVENTS_SHOWN = 200

/** Chaos experiments of a cluster, whoever made them, as its watcher knows them. */
export function Cluster() {
  const { value: lists, problem } = usePolled(readLists)
  return (
    <>
      <LiveHeader at="cluster" />
      <main>
        <h1>Cluster</h1>
        {problem === undefined ? null : (
          <p class="alarm">
            Cannot read the cluster's experiments. {problem}. They come from a watcher:{' '}
            <code>aftershock serve --watcher http://…</code>
          </p>
        )}
        {lists === undefined && problem === undefined ? <p aria-busy="true">Reading …</p> : null}
        {lists === undefined ? null : (
          <>
            <Experiments title="Experiments" none="No chaos object is there." list={lists.experiments} />
            <Experiments title="Archives" none="None is gone yet." list={lists.archives} />
            <Events list={lists.events} />
          </>
        )}
      </main>
    </>
  )
}

async function readLists(): Promise<Lists> {
  const [experiments, archives, events] = await Promise.all(
    ['experiments', 'archives', `events?limit=${EVENTS_SHOWN}`].map((list) => getJson(`api/cluster/${list}`)),
  )
  return { experiments, archives, events } as Lists
}

function Experiments(props: {
  readonly title: string
  readonly none: string
  readonly list: readonly ClusterExperimentJson[]
}) {
  const { title, none, list } = props
  return (
    <section aria-label={title}>
      <h2>
        {title} <small>{countText(list.length)}</small>
      </h2>
      {list.length === 0 ? (
        <p>{none}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <section class="scroll" tabIndex={0} aria-label={`${title}, a table`}>
          <table class="edges cluster">
            <thead>
              <tr>
                {['experiment', 'state', 'targets', 'surely in force', 'run'].map((label) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.map((one) => (
                <tr key={one.id}>
                  <th scope="row">
                    {one.namespace}/{one.name}{' '}
                    <span class="op">
                      {one.kind}
                      {one.action === undefined ? '' : ` ${one.action}`}
                      {one.mode === undefined ? '' : `, mode ${one.mode}`}
                    </span>
                    {one.unknown.map((why) => (
                      <span key={why} class="types">
                        ⚠ {why}
                      </span>
                    ))}
                  </th>
                  <td>{one.state}</td>
                  <td>{targetsText(one.windows)}</td>
                  <td>{forceText(one.windows)}</td>
                  <td>{one.runId === undefined ? '–' : <RunLink id={one.runId} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}

function RunLink({ id }: { readonly id: string }) {
  return <a href={`#/run/${encodeURIComponent(id)}/`}>{id}</a>
}

const TARGETS_NAMED = 3

/** The pods hit, each once; peers are told apart. */
export function targetsText(windows: readonly ClusterWindowJson[]): string {
  const names = (role: ClusterWindowJson['role']): string => {
    const found = new Set(
      windows.filter((w) => w.role === role).map((w) => w.target.pod ?? w.target.other ?? w.recordId),
    )
    const more = found.size > TARGETS_NAMED ? ` and ${countText(found.size - TARGETS_NAMED)} more` : ''
    return `${[...found].slice(0, TARGETS_NAMED).join(', ')}${more}`
  }
  const [targets, peers] = [names('target'), names('peer')]
  return `${targets || 'none'}${peers === '' ? '' : `; peers ${peers}`}`
}

/** From the first pod's certain start to the last one's certain end; open while one is in force. */
export function forceText(windows: readonly ClusterWindowJson[]): string {
  const certain = windows.flatMap((w) => w.certain ?? [])
  if (certain.length === 0) return windows.length === 0 ? '–' : 'at no time for sure'
  const from = certain.map((c) => c.start).sort()[0]
  const isOpen = certain.some((c) => c.end === undefined)
  const to = isOpen
    ? 'now'
    : timeText(
        certain
          .flatMap((c) => c.end ?? [])
          .sort()
          .at(-1) ?? '',
      )
  return `${timeText(from)} to ${to}`
}

function Events({ list }: { readonly list: readonly ClusterEventJson[] }) {
  return (
    <section aria-label="Events">
      <h2>
        Events <small>the newest {countText(list.length)}</small>
      </h2>
      {list.length === 0 ? <p>None yet.</p> : null}
      <ul class="cluster-events">
        {list.map((event) => (
          <li key={`${event.at}${event.id}${event.message}`} class={event.type === 'Warning' ? 'warn' : ''}>
            <time dateTime={event.at}>{timeText(event.at)}</time> {event.type === 'Warning' ? '⚠ ' : ''}
            <b>{event.reason}</b> {event.namespace}/{event.name}: {event.message}
          </li>
        ))}
      </ul>
    </section>
  )
}
