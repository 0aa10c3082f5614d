import { expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { dict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { notify } from './notify.ts'
import { httpStub } from './test-support/http-stub.ts'
import { dictOf, keptLog } from './test-support/run-text.ts'

const settings = (...notifications: PyDict[]) => dict({ notifications })

test('notify() posts the event to the channels that ask for it, or only knocks', async () => {
  await using server = await httpStub((_, response) => response.end())
  const all = dict({ type: 'http', url: `${server.url}/all`, headers: dict({ 'X-Key': 'k' }) })
  const other = dict({ type: 'http', url: `${server.url}/other`, events: ['run-failed'] })
  const knock = dict({ type: 'http', url: `${server.url}/knock`, forward_event_payload: false })
  const event = { name: 'run-completed', payload: dict({ n: 1n }), error: 'why' }
  await notify(settings(all, other, knock), event, undefined, keptLog().log)
  expect(server.seen.map((one) => `${one.method} ${one.path}`)).toEqual(['POST /all', 'GET /knock'])
  const body = dictOf(readJson(server.seen[0]?.body ?? ''))
  expect([body.get('name'), body.get('phase'), body.get('error')]).toEqual(['run-completed', 'run', 'why'])
  expect(server.seen[0]?.headers['x-key']).toBe('k')
})

test('notify() calls plugins, and what fails is no reason to fail', async () => {
  const called: unknown[] = []
  const plugin = dict({ type: 'plugin', module: 'm' })
  const gone = dict({ type: 'http', url: 'http://127.0.0.1:9' })
  const event = { name: 'validate-failed', payload: null }
  await notify(
    settings(gone, plugin),
    event,
    async (channel, payload) => {
      called.push([channel.get('module'), payload.get('phase')])
      throw new Error('broken')
    },
    keptLog().log,
  )
  expect(called).toEqual([['m', 'validate']])
})
