import type { Value } from 'aftershock'
import { isDict, isList, type PyDict, type PyList, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { fromPlain, plainInteger } from './plain-values.ts'

/**
 * A dict or list of the run as an object or array that JavaScript code can read and change in place. The same node
 * gives the same view, and a view that is put somewhere else puts the node itself there.
 */
export function liveView(value: PyValue): Value {
  if (typeof value === 'bigint') return plainInteger(value)
  if (value === null || typeof value !== 'object') return value
  if (!isDict(value) && !isList(value)) return value.json ?? value.text
  const known = views.get(value)
  if (known !== undefined) return known
  const view = isList(value) ? listView(value) : dictView(value)
  views.set(value, view)
  nodes.set(view as object, value)
  return view
}

const views = new WeakMap<object, Value>()
const nodes = new WeakMap<object, PyDict | PyList>()

function nodeOf(value: unknown): PyValue {
  return fromPlain(value, (one) => nodes.get(one))
}

function dictView(dict: PyDict): Value {
  const target: { [key: string]: Value } = {}
  return new Proxy(target, {
    get: (_, key) => (typeof key === 'string' && dict.has(key) ? liveView(dict.get(key) ?? null) : undefined),
    has: (_, key) => typeof key === 'string' && dict.has(key),
    set: (_, key, value) => {
      dict.set(String(key), nodeOf(value))
      return true
    },
    defineProperty: (_, key, descriptor) => {
      dict.set(String(key), nodeOf(descriptor.value))
      return true
    },
    deleteProperty: (_, key) => {
      dict.delete(String(key))
      return true
    },
    ownKeys: () => [...dict.keys()].map(String),
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === 'string' && dict.has(key)
        ? { value: liveView(dict.get(key) ?? null), enumerable: true, configurable: true, writable: true }
        : undefined,
  })
}

/** Array methods work on it as on any array: they read and write by index and length. */
function listView(list: PyList): Value {
  return new Proxy<Value[]>(list as unknown as Value[], {
    get: (_, key) => {
      const own = Reflect.get(list, key) as PyValue
      return isIndex(key) && own !== undefined ? liveView(own) : own
    },
    set: (_, key, value) => Reflect.set(list, key, isIndex(key) ? nodeOf(value) : value),
    defineProperty: (_, key, descriptor) =>
      Reflect.set(list, key, isIndex(key) ? nodeOf(descriptor.value) : descriptor.value),
    getOwnPropertyDescriptor: (_, key) => {
      const own = Reflect.getOwnPropertyDescriptor(list, key)
      return own && isIndex(key) ? { ...own, value: liveView(own.value as PyValue) } : own
    },
  })
}

function isIndex(key: string | symbol): boolean {
  return typeof key === 'string' && /^\d+$/.test(key)
}
