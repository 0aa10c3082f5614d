import type { Expression, JsonPath, Operand, Operator, Selector, Step } from './jsonpath-parse.ts'
import { pythonEquals } from './python-compare.ts'
import { PythonError } from './python-error.ts'
import { isDict, isList, type PyValue } from './values.ts'

/** The values that a path leads to, in order. @throws PythonError for an unknown function or a step of zero, as jsonpath2 */
export function matchJsonPath(path: JsonPath, root: PyValue): readonly PyValue[] {
  return follow(path, root, root)
}

function follow(path: JsonPath, root: PyValue, current: PyValue): readonly PyValue[] {
  let nodes: readonly PyValue[] = [path.root === '$' ? root : current]
  for (const step of path.steps) nodes = nodes.flatMap((node) => takeStep(step, root, node))
  return nodes
}

function takeStep(step: Step, root: PyValue, node: PyValue): readonly PyValue[] {
  const here = step.selectors.flatMap((selector) => select(selector, root, node))
  if (step.kind === 'child') return here
  return [...here, ...childrenOf(node).flatMap((child) => takeStep(step, root, child))]
}

function childrenOf(node: PyValue): readonly PyValue[] {
  if (isList(node)) return node
  return isDict(node) ? [...node.values()] : []
}

function select(selector: Selector, root: PyValue, node: PyValue): readonly PyValue[] {
  switch (selector.kind) {
    case 'all':
      return childrenOf(node)
    case 'name':
      return found(isDict(node) ? node.get(selector.name) : undefined)
    case 'index':
      return found(isList(node) ? node.at(selector.index) : undefined)
    case 'slice':
      return isList(node) ? slice(node, selector) : []
    case 'filter':
      return holds(selector.test, root, node) ? [node] : []
    case 'indirect':
      return follow(selector.path, root, node).flatMap((value) => valueAt(node, value))
    case 'call': {
      const args = selector.args.flatMap((one) => operand(one, root, node).slice(0, 1))
      return call(selector.name, args, node)
    }
  }
}

function found(value: PyValue | undefined): readonly PyValue[] {
  return value === undefined ? [] : [value]
}

function valueAt(node: PyValue, key: PyValue): readonly PyValue[] {
  if (typeof key === 'string') return found(isDict(node) ? node.get(key) : undefined)
  return typeof key === 'bigint' && isList(node) ? found(node.at(Number(key))) : []
}

/** From the start to the end by the step, negative ends counted from the back; a negative step finds nothing unless the ends are turned as well. */
function slice(list: readonly PyValue[], { start, end, step }: Selector & { kind: 'slice' }) {
  const stepBy = step ?? 1
  if (stepBy === 0) throw new PythonError('ValueError', 'range() arg 3 must not be zero')
  const inside = (at: number) => Math.min(Math.max(at < 0 ? at + list.length : at, 0), list.length)
  const first = inside(start ?? 0)
  const last = inside(end ?? list.length)
  const values: PyValue[] = []
  for (let at = first; stepBy > 0 ? at < last : at > last; at += stepBy) {
    const value = list[at]
    if (value !== undefined) values.push(value)
  }
  return values
}

function call(name: string, args: readonly PyValue[], node: PyValue): readonly PyValue[] {
  const [first, second] = args
  switch (name) {
    case 'length':
      return typeof node === 'string' || isList(node) ? [BigInt([...node].length)] : []
    case 'keys':
      return entriesOf(node).map((entries) => entries.map(([key]) => key))
    case 'values':
      return entriesOf(node).map((entries) => entries.map(([, value]) => value))
    case 'entries':
      return entriesOf(node).map((entries) => entries.map(([key, value]): PyValue => [key, value]))
    case 'charAt':
      if (typeof node !== 'string' || typeof first !== 'bigint' || args.length > 1) return []
      return found([...node].at(Number(first)))
    case 'substring':
      if (typeof node !== 'string' || typeof first !== 'bigint') return []
      return [
        [...node].slice(Number(first), typeof second === 'bigint' ? Number(second) : undefined).join(''),
      ]
    default:
      throw new PythonError(
        'jsonpath2.subscripts.callable.CallableSubscriptNotFoundError',
        `callable subscript '${name}' not found`,
      )
  }
}

/** Of a list the keys are its indexes. @returns nothing for what has no entries */
function entriesOf(node: PyValue): readonly (readonly (readonly [PyValue, PyValue])[])[] {
  if (isDict(node)) return [[...node]]
  return isList(node) ? [node.map((item, at) => [BigInt(at), item] as const)] : []
}

function holds(test: Expression, root: PyValue, node: PyValue): boolean {
  switch (test.kind) {
    case 'and':
      return test.parts.every((part) => holds(part, root, node))
    case 'or':
      return test.parts.some((part) => holds(part, root, node))
    case 'not':
      return !holds(test.part, root, node)
    case 'exists':
      return follow(test.path, root, node).length > 0
    case 'compare': {
      const rights = operand(test.right, root, node)
      return operand(test.left, root, node).some((left) =>
        rights.some((right) => compares(test.operator, left, right)),
      )
    }
  }
}

function operand(one: Operand, root: PyValue, node: PyValue): readonly PyValue[] {
  return one.kind === 'value' ? [one.value] : follow(one.path, root, node)
}

/** Order only between numbers; booleans are none. */
function compares(operator: Operator, left: PyValue, right: PyValue): boolean {
  if (operator === '=') return pythonEquals(left, right)
  if (operator === '!=') return !pythonEquals(left, right)
  if (operator === 'contains') return contains(left, right)
  if (!isNumber(left) || !isNumber(right)) return false
  if (operator === '<') return left < right
  if (operator === '<=') return left <= right
  return operator === '>' ? left > right : left >= right
}

function contains(holder: PyValue, value: PyValue): boolean {
  if (typeof holder === 'string') return typeof value === 'string' && holder.includes(value)
  if (isDict(holder)) return [...holder.keys()].some((key) => pythonEquals(key, value))
  return isList(holder) && holder.some((item) => pythonEquals(item, value))
}

function isNumber(value: PyValue): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number'
}
