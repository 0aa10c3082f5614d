import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPod } from '../windows/pod-facts.ts'
import { decodeSighting, encodeSighting, type Sighting } from './sighting.ts'

const texts = fc.oneof(fc.string(), fc.constantFrom('#1', '##', '#', '-1n', '__proto__'))

const sightings = fc
  .record({
    uid: texts,
    name: texts,
    label: texts,
    seenNs: fc.bigInt(0n, 1n << 62n),
    live: fc.boolean(),
    gone: fc.boolean(),
  })
  .map(({ uid, name, label, ...seen }): Sighting => {
    const pod = readPod({ metadata: { uid: `u${uid}`, name, namespace: label } })
    if (pod === undefined) throw new Error('a pod with a uid')
    return { what: 'pod', pod: { ...pod, experiment: label }, ...seen }
  })

test('a line says exactly what was seen, whatever texts hold', () => {
  fc.assert(
    fc.property(sightings, (sighting) => {
      // What is undefined is not written.
      expect(decodeSighting(encodeSighting(sighting))).toEqual(sighting)
      expect(encodeSighting(sighting)).not.toContain('\n')
    }),
  )
})

test('a line that was cut short is none', () => {
  fc.assert(
    fc.property(sightings, fc.double({ min: 0, max: 0.999, noNaN: true }), (sighting, share) => {
      const line = encodeSighting(sighting)
      expect(decodeSighting(line.slice(0, Math.floor(line.length * share)))).toBeUndefined()
    }),
  )
})

test('what is none of ours is passed over', () => {
  for (const line of ['', 'null', '1', '{}', '{"what":"else"}', '{"what":"gap","fromNs":"#x"}'])
    expect(decodeSighting(line)).toBeUndefined()
})
