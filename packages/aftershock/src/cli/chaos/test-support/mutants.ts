// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import { readJson } from '../../../formats/chaos-toolkit/json-read.ts'
import { writeYaml } from '../../../formats/chaos-toolkit/yaml-write.ts'
import type { Random } from '../../../model/random.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** What stands where something else should: as JSON text, so that numbers keep their spelling. */
const STRANGE = [
  ...[
    'null',
    'true',
    '0',
    '-1',
    '1.0',
    '12345678901234567890123',
    '""',
    '" "',
    '[]',
    '{}',
    '[[]]',
    '[null]',
    '{"a": 1}',
  ],
  ...[
    '"${a}"',
    '"$"',
    '"${"',
    '"\\ud800"',
    '"\\u0000"',
    '{"type": "probe"}',
    '{"type": "env"}',
    '{"ref": "a0"}',
  ],
  ...[
    '{"type": "env", "key": 1}',
    '{"type": "regex", "pattern": "("}',
    '{"type": "jsonpath", "path": "$..["}',
  ],
  ...[
    '{"type": "range", "range": ["a", null]}',
    '{"type": "vault"}',
    '{"__proto__": {"a": 1}}',
    '"constructor"',
  ],
  ...[
    '{"strategy": 1}',
    '[{"name": "c"}]',
    '[{"name": "c", "provider": {"type": "python"}}]',
    '"default"',
    '"probe"',
  ],
]
const BYTES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\n',
  '\t',
  '\u0000',
  '\ufeff',
  '- ',
  '&a ',
  '*a',
  '<<: ',
  '!!x ',
  '| ',
  'NaN',
  '1e999',
  '\ud83d',
  '#',
]

/** A document with a few things wrong, in its tree or in its text. */
export function mutant(base: object, random: Random): { readonly text: string; readonly name: string } {
  const below = (n: number) => Math.floor(random() * n)
  const tree = structuredClone(base) as Json
  for (let i = 0; i <= below(3); i++) changeTree(tree, below)
  const json = withStrange(JSON.stringify(tree))
  const isYaml = below(4) === 0
  const text = isYaml ? yamlOf(json) : json
  return { text: below(4) === 0 ? changeText(text, below) : text, name: isYaml ? 'e.yaml' : 'e.json' }
}

type Below = (n: number) => number

function changeTree(tree: Json, below: Below): void {
  const places: (() => void)[] = []
  const walk = (value: Json): void => {
    if (value === null || typeof value !== 'object') return
    const strange = () => `@@${below(STRANGE.length)}`
    if (Array.isArray(value)) {
      value.forEach((_, at) => {
        places.push(
          () => value.splice(at, 1, strange()),
          () => value.splice(at, 1),
        )
      })
      places.push(
        () => value.push(strange()),
        () => value.push(...structuredClone(value)),
      )
    } else {
      for (const key of Object.keys(value)) {
        // A pause of years would be one.
        if (key === 'pauses') continue
        places.push(
          () => Object.assign(value, { [key]: strange() }),
          () => delete value[key],
        )
      }
      places.push(() =>
        Object.assign(value, {
          [['type', 'name', 'ref', 'background', 'dry', 'x'][below(6)] ?? 'x']: strange(),
        }),
      )
    }
    for (const item of Object.values(value)) walk(item)
  }
  walk(tree)
  places[below(places.length)]?.()
}

function withStrange(text: string): string {
  return text.replaceAll(/"@@(\d+)"/g, (_, at: string) => STRANGE[Number(at)] ?? 'null')
}

function yamlOf(json: string): string {
  return writeYaml(readJson(json), { order: 'kept', step: 2 })
}

function changeText(text: string, below: Below): string {
  const at = below(text.length + 1)
  return below(4) === 0
    ? text.slice(0, at)
    : text.slice(0, at) + BYTES[below(BYTES.length)] + text.slice(at + below(3))
}
