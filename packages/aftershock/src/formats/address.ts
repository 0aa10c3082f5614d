import type { Address } from '../model/system.ts'
import { type Field, refuse } from './decode.ts'

/** `127.0.0.1:7003`, `[::1]:7003`, `:7003`, or a port alone; the host is loopback unless named. */
export function addressOf(field: Field | undefined, portMin: 0 | 1 = 1): Address | undefined {
  if (field === undefined) return undefined
  const { value } = field
  const written = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  const parts = /^(?:(?:tcp|https?):\/\/)?(?:(\[[0-9a-fA-F:.%]+\]|[^\s:/[\]]*):)?(\d{1,5})\/?$/.exec(written)
  const port = Number(parts?.[2] ?? Number.NaN)
  if (parts === null || !(port >= portMin && port <= 65_535)) {
    return refuse(
      field,
      'address',
      `must be host:port or a port, ${portMin} to 65535`,
      'Write 127.0.0.1:7003',
    )
  }
  const host = (parts[1] ?? '').replace(/^\[|\]$/g, '')
  return { host: host === '' || host === 'localhost' ? '127.0.0.1' : host, port }
}

/** `127.0.0.1:7003`, with the brackets that IPv6 needs. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
