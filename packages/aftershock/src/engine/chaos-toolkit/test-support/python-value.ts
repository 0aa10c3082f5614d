import { readJson } from '../../../formats/chaos-toolkit/json-read.ts'
import { isDict, type PyDict } from '../../../formats/chaos-toolkit/values.ts'

/** A mapping as a file would hold it. */
export function py(value: object): PyDict {
  const read = readJson(JSON.stringify(value))
  if (!isDict(read)) throw new Error('not a mapping')
  return read
}
