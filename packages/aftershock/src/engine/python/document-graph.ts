import {
  isDict,
  isList,
  type PyDict,
  type PyKey,
  type PyList,
  type PyValue,
} from '../../formats/chaos-toolkit/values.ts'
import { fromWire, toWire, type Wire } from './wire.ts'

/** A changed dict or list, whole: number, kind, flat content. */
export type NodeChange = readonly [id: number, kind: 'd' | 'l', content: readonly Wire[]]

type Node = PyDict | PyList

/**
 * The run's document as one worker knows it. Dicts and lists have numbers, even ones given here, odd ones by the
 * worker, and stay the same objects on both sides; only what differs from what the other side has seen travels.
 */
export class DocumentGraph {
  readonly #ids = new WeakMap<Node, number>()
  readonly #nodes = new Map<number, Node>()
  readonly #seen = new Map<number, readonly PyValue[]>()
  #next = 0

  /** What the worker has to learn before it can use these values; counts as told. */
  changes(roots: readonly PyValue[]): readonly NodeChange[] {
    const changed: { id: number; node: Node; content: readonly PyValue[] }[] = []
    const visited = new Set<Node>()
    const waiting = roots.filter(isNode)
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (visited.has(node)) continue
      visited.add(node)
      const id = this.#idOf(node)
      const content = contentOf(node)
      for (const below of content) if (isNode(below)) waiting.push(below)
      if (!isSame(content, this.#seen.get(id))) changed.push({ id, node, content })
    }
    // Only now does every child have its number.
    return changed.map(({ id, node, content }) => {
      this.#seen.set(id, content)
      return [id, isDict(node) ? 'd' : 'l', content.map((item) => this.wire(item))]
    })
  }

  /** Numbers of the dicts and lists among these values. */
  numbers(values: readonly PyValue[]): readonly number[] {
    return values.filter(isNode).map((node) => this.#idOf(node))
  }

  /** A shared dict or list by its number, anything else by value. */
  wire(value: PyValue): Wire {
    return toWire(value, (item) => (isNode(item) ? this.#idOf(item) : undefined))
  }

  /** Takes over what the worker changed, in place. */
  apply(changes: readonly NodeChange[]): void {
    for (const [id, kind] of changes)
      if (!this.#nodes.has(id)) this.#keep(id, kind === 'd' ? (new Map() as PyDict) : [])
    for (const [id, , wires] of changes) {
      const node = this.#node(id)
      const content = wires.map((wire) => fromWire(wire, (one) => this.#node(one)))
      fill(node, content)
      this.#seen.set(id, contentOf(node))
    }
  }

  #node(id: number): Node {
    const node = this.#nodes.get(id)
    if (node === undefined) throw new Error(`the Python worker named node ${id}, which nobody made`)
    return node
  }

  #idOf(node: Node): number {
    const known = this.#ids.get(node)
    if (known !== undefined) return known
    const id = this.#next
    this.#next += 2
    this.#keep(id, node)
    return id
  }

  #keep(id: number, node: Node): void {
    this.#ids.set(node, id)
    this.#nodes.set(id, node)
  }
}

function isNode(value: PyValue): value is Node {
  return isDict(value) || isList(value)
}

function contentOf(node: Node): readonly PyValue[] {
  return isDict(node) ? [...node].flat() : [...node]
}

function fill(node: Node, content: readonly PyValue[]): void {
  if (isList(node)) {
    node.splice(0, node.length, ...content)
    return
  }
  node.clear()
  for (let i = 0; i + 1 < content.length; i += 2) node.set(content[i] as PyKey, content[i + 1] as PyValue)
}

function isSame(now: readonly PyValue[], before: readonly PyValue[] | undefined): boolean {
  return (
    before !== undefined && now.length === before.length && now.every((item, i) => Object.is(item, before[i]))
  )
}
