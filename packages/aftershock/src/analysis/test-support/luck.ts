/**
 * Chance by name: the same seed and key give the same number in [0, 1), whatever was drawn before. So a request has
 * the same luck in a world with the fault and in one without.
 */
export function luckOf(seed: number, key: string): number {
  let h = (seed ^ 0x811c9dc5) >>> 0
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** A time that varies as times do: log-normal around its median, the middle 68 % within a factor of 1.2. */
export function spreadMs(medianMs: number, seed: number, key: string): number {
  const [u, v] = [Math.max(1e-9, luckOf(seed, `${key}:u`)), luckOf(seed, `${key}:v`)]
  return medianMs * Math.exp(0.18 * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v))
}
