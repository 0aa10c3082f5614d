import { isDict, isList, type PyValue } from '../chaos-toolkit/values.ts'

/** A dict as a record of JavaScript's own values, for readers that need no exact numbers. */
export function plainRecord(value: PyValue | undefined): Readonly<Record<string, unknown>> {
  return isDict(value)
    ? Object.fromEntries([...value].map(([key, child]) => [String(key), plain(child)]))
    : {}
}

function plain(value: PyValue): unknown {
  if (isDict(value)) return plainRecord(value)
  if (isList(value)) return value.map(plain)
  return typeof value === 'bigint' ? Number(value) : value
}
