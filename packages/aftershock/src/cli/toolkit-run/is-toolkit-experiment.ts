import { parseSource } from '../../formats/source-text.ts'

/**
 * Whether a file is a Chaos Toolkit experiment rather than a manifest. Only what it is is asked here: what is wrong
 * with it is said by whoever reads it.
 *
 * @returns its title; undefined when it is something else, or cannot be read at all
 */
export function toolkitTitle(text: string, file: string): string | undefined {
  const source = parseSource({ file, text })
  const value = source.ok && source.value.length === 1 ? source.value[0]?.value : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const has = (key: string): boolean => key in value
  if (has('apiVersion') || has('kind')) return undefined
  if (!has('method') && !has('steady-state-hypothesis')) return undefined
  const { title } = value as { readonly title?: unknown }
  return typeof title === 'string' && title !== '' ? title : file
}
