/** Uniform in [0, 1). Chance comes in through the door, so that a seed replays a run. */
export type Random = () => number

/** sfc32, seeded by splitmix32: 2^128 states, passes PractRand; the same numbers on every platform. */
export function seededRandom(seed: number): Random {
  let s = seed >>> 0
  const mix = (): number => {
    s = (s + 0x9e3779b9) >>> 0
    let t = s ^ (s >>> 16)
    t = Math.imul(t, 0x21f0aaad)
    t ^= t >>> 15
    t = Math.imul(t, 0x735a2d97)
    return (t ^ (t >>> 15)) >>> 0
  }
  let a = mix()
  let b = mix()
  let c = mix()
  let d = mix()
  return () => {
    const t = (((a + b) >>> 0) + d) >>> 0
    d = (d + 1) >>> 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) >>> 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) >>> 0
    return t / 4294967296
  }
}

/** A stream of its own for each purpose, so that one more draw here changes nothing there. */
export function forkRandom(seed: number, purpose: string): Random {
  let h = 2166136261 ^ seed
  for (let i = 0; i < purpose.length; i++) h = Math.imul(h ^ purpose.charCodeAt(i), 16777619)
  return seededRandom(h >>> 0)
}
