import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { loadSource } from './load-experiment.ts'
import { Refused } from './stops.ts'
import { httpStub } from './test-support/http-stub.ts'
import { scratch } from './test-support/run-text.ts'

const load = async (source: string, settings: PyDict = dict({}), env = {}) =>
  pythonText(await loadSource({ source, settings, env, verifiesTls: true }))

describe('loadSource()', () => {
  test.each([
    ['e.json', '{"title": "t"}', "{'title': 't'}"],
    ['e.yaml', 'title: yes', "{'title': True}"],
    ['e.yml', 'title: 017', "{'title': 15}"],
  ])('reads %s', async (name, text, value) => {
    using files = scratch()
    writeFileSync(files.path(name), text)
    expect(await load(files.path(name))).toBe(value)
  })

  test.each([
    ['e.txt', '{}', 'only files with json, yaml or yml extensions are supported'],
    ['e.JSON', '{}', 'only files with json, yaml or yml extensions are supported'],
    ['e.json', '{', 'line 1 column 2 (char 1)'],
    ['e.yaml', 'a: [', 'Failed parsing YAML experiment'],
  ])('refuses %s of %j: %s', async (name, text, why) => {
    using files = scratch()
    writeFileSync(files.path(name), text)
    await expect(load(files.path(name))).rejects.toThrow(Refused)
    await expect(load(files.path(name))).rejects.toThrow(why)
  })

  test('refuses what is neither a file nor an address', async () => {
    await expect(load('nowhere.json')).rejects.toThrow('Path "nowhere.json" does not exist.')
    await expect(load('ftp://x/e.json')).rejects.toThrow("'ftp' is not a supported source scheme.")
    await expect(load('http://127.0.0.1:9/e.json')).rejects.toThrow('Failed to fetch the experiment from')
  })
})

describe('loadSource() from an address', () => {
  const served = (type: string, body: string, status = 200) =>
    httpStub((_, response) => response.writeHead(status, { 'Content-Type': type }).end(body))

  test.each([
    ['application/json; charset=utf-8', '{"a": 1}', "{'a': 1}"],
    ['application/x-yaml', 'a: yes', "{'a': True}"],
    ['text/plain', '{"a": 1}', "{'a': 1}"],
    ['text/plain', 'a: 1', "{'a': 1}"],
  ])('%s: %s', async (type, body, value) => {
    await using server = await served(type, body)
    expect(await load(server.url)).toBe(value)
  })

  test('refuses another type, another status', async () => {
    await using css = await served('text/css', 'a')
    await expect(load(css.url)).rejects.toThrow("the answer is 'text/css'")
    await using missing = await served('text/plain', 'not here', 404)
    await expect(load(missing.url)).rejects.toThrow('Failed to fetch the experiment: not here')
  })

  test('sends the credentials of the environment, or else of the settings for this host', async () => {
    await using server = await served('application/json', '{}')
    const { host } = new URL(server.url)
    const settings = dict({ auths: dict({ [host]: dict({ type: 'digest', value: 'xyz' }) }) })
    await load(server.url, settings)
    await load(server.url, settings, { CHAOSTOOLKIT_LOADER_AUTH_BEARER_TOKEN: ' tok ' })
    await load(server.url)
    expect(server.seen.map((one) => one.headers.authorization)).toEqual([
      'digest xyz',
      'bearer tok',
      undefined,
    ])
  })
})
