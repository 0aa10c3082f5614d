import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ClusterEventJson, ClusterExperimentJson } from '../model/cluster-experiment.ts'
import { ProblemError } from '../model/problem.ts'
import { answerProblem } from './answer-problem.ts'

/** What the API needs of a cluster's watcher; `cli/serve.ts` gives it. */
export type ClusterPort = {
  experiments(query: Readonly<Record<string, string>>): Promise<readonly ClusterExperimentJson[]>
  archives(query: Readonly<Record<string, string>>): Promise<readonly ClusterExperimentJson[]>
  events(query: Readonly<Record<string, string>>): Promise<readonly ClusterEventJson[]>
}

type Query = { readonly Querystring: Readonly<Record<string, string | string[] | undefined>> }

/** `/api/cluster/experiments`, `/archives` and `/events`: the dashboard's lists, from the watcher. */
export function addClusterRoutes(app: FastifyInstance, cluster: ClusterPort): void {
  for (const collection of ['experiments', 'archives', 'events'] as const)
    app.get<Query>(`/api/cluster/${collection}`, async ({ query }, reply) =>
      answered(reply, () => cluster[collection](singles(query))),
    )
}

async function answered(reply: FastifyReply, ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return answerProblem(reply, 502, 'watcher', error.problems[0]?.why ?? 'the watcher does not answer')
  }
}

function singles(query: Query['Querystring']): Readonly<Record<string, string>> {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    const one = Array.isArray(value) ? value[0] : value
    return one === undefined || name === 'token' ? [] : [[name, one] as const]
  })
  return Object.fromEntries(pairs)
}
