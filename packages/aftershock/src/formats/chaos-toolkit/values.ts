/**
 * A value as Python sees it, without loss: experiments, outputs, configuration, journals. JavaScript alone would
 * turn `1.0` into `1`, round integers beyond 2^53 and reorder keys that look like integers.
 *
 * | Python           | here                                              |
 * | ---------------- | ------------------------------------------------- |
 * | `None`           | `null` (a value of the document; absence is `undefined`) |
 * | `bool`           | `boolean`                                         |
 * | `int`            | `bigint`                                          |
 * | `float`          | `number` (also NaN and the infinities)            |
 * | `str`            | `string`                                          |
 * | `list`, `tuple`  | array                                             |
 * | `dict`           | `Map` in insertion order                          |
 * | anything else    | {@link PyObject}: its words, and a handle where the object lives |
 *
 * Maps and arrays are live and shared, as in the reference: a control that changes a provider's arguments changes
 * them for later activities and in the journal.
 */
export type PyValue = PyScalar | PyObject | PyList | PyDict
export type PyScalar = null | boolean | bigint | number | string
export type PyList = PyValue[]
/** YAML allows keys that are not text; JSON writes them as `json.dumps` does. */
export type PyKey = string | bigint | number | boolean | null
export type PyDict = Map<PyKey, PyValue>

/** What has no word in JSON: bytes, dates, sets, objects of extensions. */
export type PyObject = {
  /** As `type(x).__module__ + '.' + type(x).__qualname__`, without `builtins.`: `bytes`, `datetime.datetime`. */
  readonly pythonType: string
  /** `str(x)`, for substitution and messages. */
  readonly text: string
  /** `repr(x)`, where the object stands inside a list or dict that is turned into text. */
  readonly repr: string
  /** What the reference's journal writes (ISO text of dates, text of Decimal and UUID); `undefined`: it cannot. */
  readonly json: string | undefined
  /** `bool(x)`. */
  readonly isTrue: boolean
  /** The object in the worker that returned it, for tolerance probes in the same worker. */
  readonly handle?: number | undefined
}

export function isDict(value: PyValue | undefined): value is PyDict {
  return value instanceof Map
}

export function isList(value: PyValue | undefined): value is PyList {
  return Array.isArray(value)
}

export function isObject(value: PyValue | undefined): value is PyObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map)
}

/** A dict from pairs, for what we build ourselves. */
export function dict(entries: Readonly<Record<string, PyValue | undefined>>): PyDict {
  const pairs = Object.entries(entries).filter((pair): pair is [string, PyValue] => pair[1] !== undefined)
  return new Map<PyKey, PyValue>(pairs)
}
