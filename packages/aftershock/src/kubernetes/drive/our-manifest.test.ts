import { expect, test } from 'vitest'
import { readChaosMesh } from '../../formats/chaos-mesh/read-chaos-mesh.ts'
import type { Fault } from '../../model/fault.ts'
import { isOrphan, ownershipOf } from '../our-objects.ts'
import { boundOf, ourManifest } from './our-manifest.ts'

function faultOf(kind: string, spec: object, metadata: object = { name: 'it', namespace: 'shop' }): Fault {
  const text = JSON.stringify({ apiVersion: 'chaos-mesh.org/v1alpha1', kind, metadata, spec })
  const read = readChaosMesh(text, 'a.json')
  const [fault] = read.ok ? read.value.faults : []
  if (fault === undefined) throw new Error('no fault')
  return fault
}

const select = { mode: 'all', selector: {} }
const delay = { ...select, action: 'delay', delay: { latency: '10ms' } }

test('boundOf(): what would last longer than the run, or for ever, is given an end; what is shorter keeps its own', () => {
  const ofDuration = (duration?: string) =>
    boundOf(faultOf('NetworkChaos', { ...delay, ...(duration && { duration }) }), 60_000)
  expect(ofDuration()).toEqual({ by: 'duration', durationMs: 60_000, isOurs: true })
  expect(ofDuration('1h')).toEqual({ by: 'duration', durationMs: 60_000, isOurs: true })
  expect(ofDuration('30s')).toEqual({ by: 'duration', durationMs: 30_000, isOurs: false })
})

test('boundOf(): what happens once ends by nature, what makes children by its lease', () => {
  expect(boundOf(faultOf('PodChaos', { ...select, action: 'pod-kill' }), 60_000)).toEqual({ by: 'nature' })
  const often = {
    schedule: '@every 10s',
    type: 'NetworkChaos',
    historyLimit: 1,
    networkChaos: { ...delay, duration: '5s' },
  }
  expect(boundOf(faultOf('Schedule', often), 60_000)).toEqual({ by: 'lease' })
})

test('ourManifest() keeps what the author wrote and adds whose it is, until when', () => {
  const fault = faultOf('NetworkChaos', delay, { name: 'it', namespace: 'shop', labels: { team: 'a' } })
  const until = { runId: 'r-1', untilNs: 1_795_000_000_500_000_000n }
  const made = ourManifest(fault, until, boundOf(fault, 42_400))
  expect(made).toMatchObject({
    kind: 'NetworkChaos',
    metadata: {
      name: 'it',
      namespace: 'shop',
      labels: {
        team: 'a',
        'app.kubernetes.io/managed-by': 'aftershock',
        'aftershock/run': 'r-1',
        'aftershock/lease-until': '1795000000',
      },
    },
    spec: { action: 'delay', duration: '43s' },
  })
})

test('an object is an orphan when its lease has ended; what bears no label of ours never is', () => {
  const fault = faultOf('NetworkChaos', delay)
  const made = ourManifest(fault, { runId: 'r-1', untilNs: 100_000_000_000n }, { by: 'nature' })
  const object = made as Parameters<typeof isOrphan>[0]
  expect(ownershipOf(object)).toEqual({ runId: 'r-1', leaseUntilNs: 100_000_000_000n })
  expect(isOrphan(object, 99_000_000_000n)).toBe(false)
  expect(isOrphan(object, 101_000_000_000n)).toBe(true)
  expect(isOrphan({ metadata: { name: 'it', labels: { 'aftershock/run': 'r-1' } } }, 1n << 62n)).toBe(false)
})
