import { type GoNumber, parseGoFloat, parseGoInt, parseGoUint } from './go-numbers.ts'

const RATE_UNITS = ['kbit', 'mbit', 'gbit', 'tbit', 'tbps', 'gbps', 'mbps', 'kbps', 'bps', 'bit']
const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 }

/**
 * A rate of tc: `1mbit` is bits, `1mbps` is bytes, both a second and in powers of 1000.
 *
 * @returns bytes a second, or Chaos Mesh's reason
 */
export function parseTcRate(text: string): GoNumber<number> {
  const normal = text.trim().toLowerCase()
  const unit = RATE_UNITS.find((name) => normal.endsWith(name))
  if (unit === undefined) return { ok: false, error: 'invalid unit' }
  const count = parseGoUint(normal.slice(0, -unit.length).trim())
  if (!count.ok) return count
  const power = unit.length === 3 ? 0 : (POWERS[unit[0]] ?? 0)
  return { ok: true, value: (count.value * 1000 ** power) / (unit.endsWith('bit') ? 8 : 1) }
}

/** A memory size: bytes, or a share (0–1) of what there is. */
export type MemorySize = { readonly bytes: number } | { readonly share: number }

/** StressChaos's `size`: `256MB` (powers of 1000, `MiB` too, as go-units reads it) or `25%`. */
export function parseMemorySize(text: string): GoNumber<MemorySize> {
  if (text.endsWith('%')) {
    const percent = parseGoInt(text.slice(0, -1))
    if (!percent.ok) return percent
    if (percent.value > 100 || percent.value < 0) return { ok: false, error: 'illegal proportion' }
    return { ok: true, value: { share: percent.value / 100 } }
  }
  const bytes = parseHumanSize(text)
  return bytes.ok ? { ok: true, value: { bytes: bytes.value } } : bytes
}

/** docker/go-units' `FromHumanSize`. */
export function parseHumanSize(text: string): GoNumber<number> {
  const at = text.search(/[0-9. ][^0-9. ]*$/)
  if (at === -1) return { ok: false, error: `invalid size: '${text}'` }
  const suffix = text.slice(at + 1)
  const count = parseGoFloat(text[at] === ' ' ? text.slice(0, at) : text.slice(0, at + 1))
  if (!count.ok) return count
  if (count.value < 0) return { ok: false, error: `invalid size: '${text}'` }
  const unit = /^(?:b|([kmgtp])(?:b|ib)?)?$/i.exec(suffix)
  if (unit === null) return { ok: false, error: `invalid suffix: '${suffix}'` }
  return { ok: true, value: Math.trunc(count.value * 1000 ** (POWERS[(unit[1] ?? '').toLowerCase()] ?? 0)) }
}

/** The sizes of PhysicalMachineChaos: `123MB`, `1GiB`, `10M`, `5c`; a bare number is refused upstream. */
export function isMachineSize(text: string): boolean {
  const forms = [/^(?:c|[KMGTPE])$/, /^(?:c|[KMGTPE]iB)$/, /^(?:c|[kKMGTPE]B)$/]
  return forms.some((unit, i) => isSumOf(unit, i === 2 ? 1000 : 1024, text))
}

/** alecthomas/units' `ParseUnit`: `1G512M`; what does not fit into 63 bits is none. */
function isSumOf(unit: RegExp, step: number, text: string): boolean {
  const parts = text.replace(/^[+-]/, '')
  if (!/^(?:(?:\d+\.?\d*|\.\d+)[^.\d]+)+$/.test(parts)) return false
  let total = 0
  for (const [, whole, fraction = '', name] of parts.matchAll(/(\d*)(?:\.(\d*))?([^.\d]+)/g)) {
    if (!unit.test(name) || [whole, fraction].some((digits) => !fitsInt63(digits))) return false
    total += Number(`${whole}.${fraction}0`) * step ** 'ckmgtpe'.indexOf(name[0].toLowerCase())
  }
  return total < 2 ** 63
}

/** The library gives up one digit early. */
function fitsInt63(digits: string): boolean {
  return digits === '' || BigInt(digits.slice(0, -1) || 0) < ((1n << 63n) - 10n) / 10n
}
