import type { Expression, JsonPath, Operand, Operator, Selector, Step } from './jsonpath-parse.ts'
import { pythonEquals, pythonTruth } from './python-compare.ts'
import { PythonError } from './python-error.ts'
import { isDict, isList, type PyValue } from './values.ts'

/** The values that a path leads to, in order. @throws PythonError for a step of zero, as jsonpath2 */
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
    case 'call':
      return combinations(selector.args.map((one) => operand(one, root, node))).flatMap((args) =>
        call(selector.name, args, node),
      )
  }
}

/** Every choice of one value from each list. */
function combinations(lists: readonly (readonly PyValue[])[]): readonly (readonly PyValue[])[] {
  return lists.reduce<readonly (readonly PyValue[])[]>(
    (chosen, list) => chosen.flatMap((before) => list.map((one) => [...before, one])),
    [[]],
  )
}

function found(value: PyValue | undefined): readonly PyValue[] {
  return value === undefined ? [] : [value]
}

function valueAt(node: PyValue, key: PyValue): readonly PyValue[] {
  if (typeof key === 'string') return found(isDict(node) ? node.get(key) : undefined)
  const index = integer(key)
  return index !== undefined && isList(node) ? found(node.at(index)) : []
}

/** As Python's `range`, and each index as one of a list: one below zero counts from the back. */
function slice(list: readonly PyValue[], { start, end, step }: Selector & { kind: 'slice' }) {
  const stepBy = step ?? 1
  if (stepBy === 0) throw new PythonError('ValueError', 'range() arg 3 must not be zero')
  const { length } = list
  const first = start === undefined ? 0 : start < 0 ? start + Math.max(length, -start) : start
  const last = end === undefined ? length : end < 0 ? end + length : end
  const values: PyValue[] = []
  // What lies outside the list finds nothing: it is stepped over at once.
  const over = stepBy < 0 && first >= length ? Math.ceil((first - length + 1) / -stepBy) * stepBy : 0
  const [low, high] = [Math.max(last, -length - 1), Math.min(last, length)]
  for (let at = first + over; stepBy > 0 ? at < high : at > low; at += stepBy) {
    values.push(...found(list.at(at)))
  }
  return values
}

/** With arguments that a function does not take, it finds nothing. */
function call(name: string, args: readonly PyValue[], node: PyValue): readonly PyValue[] {
  const indexes = args.map(integer)
  const [first, second] = indexes
  if (name === 'charAt' || name === 'substring') {
    if (typeof node !== 'string' || first === undefined || args.length > 2) return []
    if (name === 'charAt') return args.length === 1 ? found([...node].at(first)) : []
    return args.length === 2 && second === undefined ? [] : [[...node].slice(first, second).join('')]
  }
  if (args.length > 0) return []
  if (name === 'length') return typeof node === 'string' || isList(node) ? [BigInt([...node].length)] : []
  if (name === 'keys') return entriesOf(node).map((entries) => entries.map(([key]) => key))
  if (name === 'values') return entriesOf(node).map((entries) => entries.map(([, value]) => value))
  return entriesOf(node).map((entries) => entries.map(([key, value]): PyValue => [key, value]))
}

/** A whole number of Python's, booleans among them. */
function integer(value: PyValue): number | undefined {
  return typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : undefined
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
    case 'holds':
      if (test.operand.kind === 'value') return pythonTruth(test.operand.value)
      return follow(test.operand.path, root, node).length > 0
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

/** Order only between numbers; Python's booleans are some. */
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

function isNumber(value: PyValue): value is bigint | number | boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean'
}
