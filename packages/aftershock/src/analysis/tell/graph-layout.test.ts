import fc from 'fast-check'
import { expect, test } from 'vitest'
import { layOutGraph, NODE_HEIGHT, NODE_WIDTH, type UnplacedEdge, type UnplacedNode } from './graph-layout.ts'

const node = (id: string, state: UnplacedNode['state'] = 'steady'): UnplacedNode => ({
  id,
  kind: 'service',
  state,
  hops: null,
})
const edge = (from: string, to: string): UnplacedEdge => ({
  id: `${from}→${to}`,
  from,
  to,
  state: 'steady',
  label: '',
  stepIds: [],
})

test('layOutGraph() places callers to the left of what they call, inside the picture', () => {
  const graph = layOutGraph(
    [node('payment', 'origin'), node('web'), node('order', 'failing')],
    [edge('web', 'order'), edge('order', 'payment')],
  )
  expect([...graph.nodes].sort((a, b) => a.x - b.x).map((n) => n.id)).toEqual(['web', 'order', 'payment'])
  for (const n of graph.nodes) {
    expect(n.x - NODE_WIDTH / 2).toBeGreaterThanOrEqual(0)
    expect(n.x + NODE_WIDTH / 2).toBeLessThanOrEqual(graph.w)
    expect(n.y + NODE_HEIGHT / 2).toBeLessThanOrEqual(graph.h)
  }
  expect(graph.edges.every((e) => e.pts.length >= 2)).toBe(true)
})

test('layOutGraph() folds what the fault did not reach, when there are many services', () => {
  const many = Array.from({ length: 60 }, (_, i) => node(`s${i}`, i === 3 ? 'origin' : 'steady'))
  const graph = layOutGraph(many, [edge('s1', 's3'), edge('s3', 's9'), edge('s9', 's10')])
  expect(graph.nodes.map((n) => n.id).sort()).toEqual(['s1', 's3', 's9'])
  expect(graph.collapsed?.count).toBe(57)
})

test('layOutGraph() shows of a thousand services that the fault reached those nearest to it', () => {
  const many = Array.from({ length: 1000 }, (_, i) => ({
    ...node(`s${i}`, i === 3 ? 'origin' : i % 2 === 0 ? 'failing' : 'slower'),
    hops: i,
  }))
  const calls = many.flatMap(({ id }, i) => [1, 7, 31, 200].map((step) => edge(id, `s${(i + step) % 1000}`)))
  const graph = layOutGraph([...many, { ...node('users'), kind: 'user' }], calls)
  expect(graph.nodes.map((n) => n.id)).toEqual(
    ['s3', 'users', ...Array.from({ length: 59 }, (_, i) => `s${i * 2}`)].sort(),
  )
  expect(graph.collapsed?.count).toBe(940)
})

test('layOutGraph() takes an empty graph, a loop, a call to oneself and an edge to nobody', () => {
  expect(layOutGraph([], [])).toEqual({ w: 0, h: 0, nodes: [], edges: [], collapsed: null })
  const graph = layOutGraph(
    [node('a'), node('b')],
    [edge('a', 'b'), edge('b', 'a'), edge('a', 'a'), edge('a', 'ghost')],
  )
  expect(graph.edges.map((e) => e.id)).toEqual(['a→a', 'a→b', 'b→a'])
})

test('layOutGraph() gives the same picture whatever the order of its input', () => {
  const nodes = ['web', 'a', 'b', 'c', 'db'].map((id) => node(id))
  const edges = [edge('web', 'a'), edge('a', 'b'), edge('a', 'c'), edge('b', 'db'), edge('c', 'db')]
  const picture = layOutGraph(nodes, edges)
  const order = fc.tuple(
    fc.shuffledSubarray(nodes, { minLength: nodes.length }),
    fc.shuffledSubarray(edges, { minLength: edges.length }),
  )
  fc.assert(
    fc.property(order, ([n, e]) => {
      expect(layOutGraph(n, e)).toEqual(picture)
    }),
    { numRuns: 20, seed: 1 },
  )
})
