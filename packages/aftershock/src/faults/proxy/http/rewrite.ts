import { STATUS_CODES } from 'node:http'
import type { HttpFault } from '../../../model/fault.ts'
import {
  type BodyEdit,
  type Header,
  type HttpRequestHead,
  type HttpResponseHead,
  UnreadableBody,
  withHeader,
  without,
} from './http-message.ts'
import { mergePatch } from './merge-patch.ts'

/** Replace, then patch, as chaos-tproxy does (chaosmesh.md 3.4). */
export function rewriteRequest(rule: HttpFault, head: HttpRequestHead): HttpRequestHead {
  const { replace, patch } = rule
  let target = head.target
  if (replace?.path !== undefined) target = replace.path + queryOf(target)
  if (replace?.queries !== undefined) target = replaceQueries(target, replace.queries)
  if (patch !== undefined) target = appendQueries(target, patch.queries)
  return {
    method: replace?.method ?? head.method,
    target,
    headers: rewriteHeaders(rule, head.headers),
    bodyEdits: [...head.bodyEdits, ...bodyEdits(rule)],
  }
}

export function rewriteResponse(rule: HttpFault, head: HttpResponseHead): HttpResponseHead {
  const code = rule.replace?.code
  // Node refuses to write a code that is not three digits; upstream ignores such a rule as well.
  const isCode = code !== undefined && code >= 200 && code <= 999
  return {
    code: isCode ? code : head.code,
    reason: isCode ? (STATUS_CODES[code] ?? '') : head.reason,
    headers: rewriteHeaders(rule, head.headers),
    bodyEdits: [...head.bodyEdits, ...bodyEdits(rule)],
  }
}

function rewriteHeaders({ replace, patch }: HttpFault, headers: readonly Header[]): readonly Header[] {
  let rewritten = headers
  for (const [name, value] of Object.entries(replace?.headers ?? {})) {
    rewritten = withHeader(rewritten, name, value)
  }
  // A map upstream: of two entries with one name only the last survives.
  const appended = new Map((patch?.headers ?? []).map(([name, value]) => [name.toLowerCase(), [name, value]]))
  for (const [name, value] of appended.values()) {
    if (name !== undefined && value !== undefined) rewritten = [...rewritten, [name, value]]
  }
  return replacesBody({ replace, patch }) ? without(rewritten, 'transfer-encoding') : rewritten
}

function replacesBody({ replace, patch }: Pick<HttpFault, 'replace' | 'patch'>): boolean {
  return replace?.body !== undefined || patch?.bodyJson !== undefined
}

function bodyEdits({ replace, patch }: HttpFault): readonly BodyEdit[] {
  const edits: BodyEdit[] = []
  const { body } = replace ?? {}
  if (body !== undefined) edits.push(() => Buffer.from(body, 'base64'))
  const { bodyJson } = patch ?? {}
  if (bodyJson !== undefined) edits.push((original) => patchJson(original, bodyJson))
  return edits
}

function patchJson(original: Buffer, patch: string): Buffer {
  try {
    return Buffer.from(JSON.stringify(mergePatch(JSON.parse(original.toString('utf8')), JSON.parse(patch))))
  } catch (cause) {
    throw new UnreadableBody('the body is not JSON', { cause })
  }
}

function queryOf(target: string): string {
  const start = target.indexOf('?')
  return start === -1 ? '' : target.slice(start)
}

/** Merged into a map: duplicate keys collapse to the last, and all is encoded anew. */
function replaceQueries(target: string, queries: Readonly<Record<string, string>>): string {
  const path = target.slice(0, target.length - queryOf(target).length)
  const merged = new Map(new URLSearchParams(queryOf(target)))
  for (const [name, value] of Object.entries(queries)) merged.set(name, value)
  return `${path}?${new URLSearchParams([...merged])}`
}

function appendQueries(target: string, queries: readonly (readonly [string, string])[]): string {
  if (queries.length === 0) return target
  const text = queries.map(([name, value]) => new URLSearchParams([[name, value]]).toString()).join('&')
  return `${target}${target.includes('?') ? '&' : '?'}${text}`
}
