import { existsSync, readFileSync } from 'node:fs'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { errorText } from '../../model/error-text.ts'
import type { Environment } from './configuration.ts'
import { headerOf } from './http-headers.ts'
import { httpCall } from './http-lazy.ts'
import { Refused } from './stops.ts'

export type SourceInput = {
  /** A path if it exists, otherwise an address. */
  readonly source: string
  readonly settings: PyDict
  readonly env: Environment
  readonly verifiesTls: boolean
}

const NOT_AN_EXPERIMENT = 'only files with json, yaml or yml extensions are supported'
const FILE_BYTES_MAX = 64 * 1024 * 1024

/** @throws Refused with the reason: no such file, bad text, an answer that is no experiment */
export async function loadSource(input: SourceInput): Promise<PyValue> {
  try {
    return existsSync(input.source) ? await loadFile(input.source) : await loadAddress(input)
  } catch (error) {
    if (error instanceof PythonError) throw new Refused(`Failed parsing the experiment: ${error.message}`)
    throw error
  }
}

async function loadFile(path: string): Promise<PyValue> {
  const extension = /\.[^./]+$/.exec(path)?.[0]
  if (extension !== '.json' && extension !== '.yaml' && extension !== '.yml') {
    throw new Refused(`${NOT_AN_EXPERIMENT}: ${path}`)
  }
  const text = readText(path)
  return extension === '.json' ? readJson(text) : await yamlOf(text)
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > FILE_BYTES_MAX) throw new Refused(`${path} is larger than 64 MiB`)
    return bytes.toString('utf8')
  } catch (error) {
    if (error instanceof Refused) throw error
    throw new Refused(`Cannot read ${path}: ${errorText(error)}`)
  }
}

/** Loaded only for YAML: its parser costs more start-up time than a run of JSON. */
async function yamlOf(text: string): Promise<PyValue> {
  const { readYaml } = await import('../../formats/chaos-toolkit/yaml-read.ts')
  try {
    return readYaml(text)
  } catch (error) {
    if (error instanceof PythonError) throw new Refused(`Failed parsing YAML experiment: ${error.message}`)
    throw error
  }
}

async function loadAddress(input: SourceInput): Promise<PyValue> {
  const { source } = input
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(source)?.[1]?.toLowerCase()
  if (scheme === undefined) throw new Refused(`Path "${source}" does not exist.`)
  if (scheme !== 'http' && scheme !== 'https') {
    throw new Refused(`'${scheme}' is not a supported source scheme.`)
  }
  if (!URL.canParse(source)) throw new Refused(`'${source}' is not an address`)
  const authorization = authorizationFor(new URL(source), input)
  const answer = await httpCall({
    method: 'GET',
    url: source,
    headers: {
      Accept: 'application/json, application/x-yaml',
      ...(authorization !== undefined && { Authorization: authorization }),
    },
    body: undefined,
    connectTimeoutMs: undefined,
    readTimeoutMs: undefined,
    verifiesTls: input.verifiesTls,
    signal: undefined,
  })
  if (answer.kind !== 'answered') {
    const why = answer.kind === 'unreachable' ? answer.message : 'no answer in time'
    throw new Refused(`Failed to fetch the experiment from ${source}: ${why}`)
  }
  const text = answer.body.toString('utf8')
  if (answer.status !== 200) throw new Refused(`Failed to fetch the experiment: ${text}`)
  return parseAnswer(headerOf(answer.headers, 'content-type') ?? '', text)
}

/** The token of the environment wins over the settings' entry for exactly this host and port. */
function authorizationFor(url: URL, { settings, env }: SourceInput): string | undefined {
  const bearer = env.CHAOSTOOLKIT_LOADER_AUTH_BEARER_TOKEN
  if (bearer !== undefined && bearer !== '') return `bearer ${bearer.trim()}`
  const auths = settings.get('auths')
  const auth = isDict(auths) ? auths.get(url.host) : undefined
  if (!isDict(auth)) return undefined
  return `${pythonText(auth.get('type') ?? null)} ${pythonText(auth.get('value') ?? null)}`
}

async function parseAnswer(contentType: string, text: string): Promise<PyValue> {
  if (contentType.includes('application/json')) return readJson(text)
  if (contentType.includes('application/x-yaml') || contentType.includes('text/yaml')) {
    return await yamlOf(text)
  }
  if (!contentType.includes('text/plain')) {
    throw new Refused(`${NOT_AN_EXPERIMENT}: the answer is '${contentType}'`)
  }
  try {
    return readJson(text)
  } catch (error) {
    if (error instanceof PythonError) return await yamlOf(text)
    throw error
  }
}
