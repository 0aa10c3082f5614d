import { expect, test } from 'vitest'
import { convertManifest } from './convert-manifest.ts'
import { readChaosMesh } from './read-chaos-mesh.ts'

const old = `# every ten minutes
apiVersion: chaos-mesh.org/v1alpha1
kind: IoChaos
metadata: { name: slow-disk, namespace: shop }
spec:
  action: latency
  mode: one
  selector: { labelSelectors: { app: db } }
  volumePath: /data
  delay: 100ms
  containerName: db
  duration: 30s
  scheduler: { cron: "@every 10m" }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: unrelated }
`

function converted(text: string): { readonly text: string; readonly changed: number } {
  const result = convertManifest(text, 'old.yaml')
  if (!result.ok) throw new Error(result.problems.map((one) => one.why).join('; '))
  return result.value
}

test('a scheduler of 1.x becomes a Schedule, old names become new ones, other objects stay', () => {
  const { text, changed } = converted(old)
  expect(changed).toBe(1)
  expect(text).toBe(`apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata:
  name: slow-disk
  namespace: shop
spec:
  schedule: "@every 10m"
  type: IOChaos
  historyLimit: 5
  concurrencyPolicy: Forbid
  ioChaos:
    action: latency
    mode: one
    selector:
      labelSelectors:
        app: db
    volumePath: /data
    delay: 100ms
    duration: 30s
    containerNames:
      - db
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: unrelated
`)
})

test('each change is told, with what is different afterwards', () => {
  const result = convertManifest(old, 'old.yaml')
  const whys = result.ok ? result.warnings.map((one) => `${one.where?.line}: ${one.why}`).join('\n') : ''
  expect(whys).toContain('IoChaos is the 1.x name of IOChaos')
  expect(whys).toContain('2.x starts the first round one period after creation, 1.x at once')
  expect(whys).toContain('containerName is the 1.x form')
})

test('what is converted means the same to us, and converting it again changes nothing', () => {
  const once = converted(old)
  const twice = converted(once.text)
  expect(twice).toEqual({ text: once.text, changed: 0 })
  const [before, after] = [old, once.text].map((text) => readChaosMesh(text, 'a.yaml'))
  const schedules = [before, after].map((read) =>
    read?.ok ? read.value.faults[0]?.schedule?.cron : undefined,
  )
  expect(schedules).toEqual(['@every 10m', '@every 10m'])
})

test('a form that 2.x has no like for is refused with the reason', () => {
  const http = `apiVersion: chaos-mesh.org/v1alpha1\nkind: HttpChaos\nmetadata: { name: a }\nspec: { action: abort, mode: all, selector: {}, percent: "50" }\n`
  expect(convertManifest(http, 'http.yaml')).toMatchObject({ ok: false, problems: [{ code: 'legacy-http' }] })
})
