/** mulberry32, seeded by SHOP_SEED and the service's name: the same jitter and ids in every start. */
export function randomOf(service) {
  let state = Number(process.env.SHOP_SEED ?? 1)
  for (const letter of service) state = Math.imul(state ^ letter.charCodeAt(0), 16777619)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** @returns `bytes` random bytes as hex */
export function randomHex(random, bytes) {
  return Array.from({ length: bytes }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0'),
  ).join('')
}
