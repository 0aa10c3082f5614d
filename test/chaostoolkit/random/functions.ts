import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { loadConfiguration } from '../../../packages/aftershock/src/engine/chaos-toolkit/configuration.ts'
import { Refused } from '../../../packages/aftershock/src/engine/chaos-toolkit/stops.ts'
import { readVariable } from '../../../packages/aftershock/src/formats/chaos-toolkit/convert.ts'
import { readJson } from '../../../packages/aftershock/src/formats/chaos-toolkit/json-read.ts'
import { LINE_STYLE, writeJson } from '../../../packages/aftershock/src/formats/chaos-toolkit/json-write.ts'
import { PythonError } from '../../../packages/aftershock/src/formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../../packages/aftershock/src/formats/chaos-toolkit/python-text.ts'
import { substitute } from '../../../packages/aftershock/src/formats/chaos-toolkit/substitute.ts'
import { withinTolerance } from '../../../packages/aftershock/src/formats/chaos-toolkit/tolerance.ts'
import { toleranceMessage } from '../../../packages/aftershock/src/formats/chaos-toolkit/tolerance-check.ts'
import {
  isDict,
  type PyDict,
  type PyKey,
  type PyValue,
} from '../../../packages/aftershock/src/formats/chaos-toolkit/values.ts'
import { readYaml } from '../../../packages/aftershock/src/formats/chaos-toolkit/yaml-read.ts'
import { writeYaml } from '../../../packages/aftershock/src/formats/chaos-toolkit/yaml-write.ts'
import { seededRandom } from '../../../packages/aftershock/src/model/random.ts'
import { type Choose, choose } from './choose.ts'
import {
  configurationText,
  jsonDocumentText,
  jsonText,
  secretsText,
  templateText,
  variableText,
} from './texts.ts'
import { toleranceText } from './tolerance-texts.ts'
import { timestampText, yamlText } from './yaml-texts.ts'

type Difference = { readonly question: string; readonly want: string; readonly got: string }
/**
 * Asks the reference's own functions and ours the same questions, many in one process.
 *
 * @returns what is answered differently
 */
export async function functionDifferences(
  python: string,
  seed: number,
  count: number,
): Promise<readonly Difference[]> {
  const c = choose(seededRandom(seed))
  const questions = Array.from({ length: count }, () => questionText(c))
  const wanted = await answersOf(python, questions)
  const found: Difference[] = []
  for (const [at, question] of questions.entries()) {
    const want = wanted[at] ?? 'no answer'
    const got = await answer(dictOf(readJson(question)))
    if (got !== undefined && got !== want) found.push({ question, want, got })
  }
  return found
}

function questionText(c: Choose): string {
  const scope = () => `"configuration": ${configurationText(c)}, "secrets": ${secretsText(c)}`
  switch (c.below(15)) {
    case 0:
      return `{"about": "text", "value": ${jsonText(c)}}`
    case 1:
      return `{"about": "json", "text": ${JSON.stringify(jsonDocumentText(c))}}`
    case 2:
    case 3:
      return `{"about": "yaml", "text": ${JSON.stringify(yamlText(c))}}`
    case 4:
      return `{"about": "variable", "text": ${JSON.stringify(variableText(c))}}`
    case 5:
      return `{"about": "substitute", "value": ${substitutedText(c)}, ${scope()}}`
    case 6:
      return `{"about": "configuration", ${declaredText(c)}}`
    case 9:
      return `{"about": "dump", "value": ${jsonText(c)}}`
    case 10:
      return `{"about": "words", "text": ${JSON.stringify(timestampText(c))}}`
    case 7:
    case 8:
      return `{"about": "valid", "tolerance": ${toleranceText(c)}}`
    default:
      return `{"about": "tolerance", "tolerance": ${toleranceText(c)}, "value": ${jsonText(c)}, ${scope()}}`
  }
}

function substitutedText(c: Choose): string {
  const one = () => JSON.stringify(templateText(c))
  return c.of([one(), `[${one()}, ${one()}, 1.0]`, `{"\${a}": ${one()}, "k": [${one()}]}`])
}

function declaredText(c: Choose): string {
  const env = () =>
    `{"type": "env", "key": ${c.of(['"SET"', '"EMPTY"', '"UNSET"', '"NUMBER"'])}${c.once(2) ? `, "default": ${jsonText(c, 0)}` : ''}${c.once(2) ? `, "env_var_type": ${c.of(['"int"', '"float"', '"bool"', '"json"', '"bytes"', '"str"', '"x"', 'null'])}` : ''}}`
  const value = () => c.of([env(), env(), jsonText(c, 1), '{"type": "x"}', '{"type": "env"}'])
  return `"declared": {"a": ${value()}, "b": ${value()}}, "overrides": {${c.of(['', '"a": 1', '"z": 1', `"b": ${env()}`])}}, "env": {"SET": "no", "EMPTY": "", "NUMBER": "3"}`
}

function answersOf(python: string, questions: readonly string[]): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(import.meta.dirname, 'answer.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (data: string) => {
      text += data
    })
    child.once('error', reject)
    child.once('close', () => resolve(text.trimEnd().split('\n')))
    child.stdin.end(`${questions.join('\n')}\n`)
  })
}

/** @returns undefined when only Python can tell (a pattern that we hand on to it) */
async function answer(question: PyDict): Promise<string | undefined> {
  try {
    const value = await answerTo(question)
    return value === undefined ? undefined : writeJson(value, LINE_STYLE)
  } catch (error) {
    if (error instanceof Refused || error instanceof PythonError) return 'refused'
    throw error
  }
}

class OnlyPython extends Error {}

async function answerTo(question: PyDict): Promise<PyValue | undefined> {
  const get = (key: string): PyValue => question.get(key) ?? null
  const scope = () => ({ configuration: dictOf(get('configuration')), secrets: dictOf(get('secrets')) })
  switch (get('about')) {
    case 'text':
      return pythonText(get('value'))
    case 'json':
      return readJson(String(get('text')))
    case 'yaml':
      return readYaml(String(get('text')))
    case 'words':
      return pythonText(readYaml(String(get('text'))))
    case 'dump':
      return [
        writeYaml(get('value'), { order: 'sorted', step: 2 }),
        writeYaml(get('value'), { order: 'kept', step: 4 }),
      ]
    case 'variable': {
      const [key, value] = readVariable(String(get('text')))
      return new Map<PyKey, PyValue>([[key, value]])
    }
    case 'substitute':
      return substitute(get('value'), scope())
    case 'configuration':
      return loadConfiguration(dictOf(get('declared')), dictOf(get('overrides')), envOf(get('env')))
    case 'valid': {
      const message = toleranceMessage(get('tolerance'))
      if (message !== undefined) throw new Refused(message)
      return true
    }
    default:
      return withinOf(question, scope())
  }
}

async function withinOf(question: PyDict, scope: { configuration: PyDict; secrets: PyDict }) {
  try {
    return await withinTolerance(question.get('tolerance') ?? null, question.get('value') ?? null, {
      scope,
      probe: () => Promise.resolve(false),
      search: () => Promise.reject(new OnlyPython()),
    })
  } catch (error) {
    if (error instanceof OnlyPython) return undefined
    throw error
  }
}

function dictOf(value: PyValue): PyDict {
  if (!isDict(value)) throw new Error('a question is an object')
  return value
}

function envOf(value: PyValue): Readonly<Record<string, string>> {
  return Object.fromEntries([...dictOf(value)].map(([key, text]) => [String(key), String(text)]))
}
