import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../../..')

/** A copy of the fixture system in a folder of its own, on ports of its own. */
export type Fixture = {
  readonly folder: string
  /** Of the four proxies and processes and the two receivers. */
  readonly ports: readonly number[]
  /** `chaos/<name>.yaml` in the copy. */
  readonly chaos: (name: string) => string
  /** Replaces text in one of the copied files. */
  readonly edit: (file: string, change: (text: string) => string) => void
  readonly remove: () => void
  readonly [Symbol.dispose]: () => void
}

/**
 * @param slot - 0 to 9: fixtures in different slots can run at the same time. The ports are below those that
 * Linux hands to outgoing connections.
 */
export function fixtureIn(slot: number): Fixture {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-e2e-'))
  cpSync(resolve(import.meta.dirname, '../fixture'), folder, { recursive: true })
  const first = 23_100 + slot * 10
  const values: Readonly<Record<string, string | number>> = {
    TELEMETRY: join(ROOT, 'examples/shop/telemetry.js'),
    FRONT_PORT: first,
    FRONT_UPSTREAM: first + 1,
    BACK_PORT: first + 2,
    BACK_UPSTREAM: first + 3,
    OTLP_PORT: first + 4,
    GRPC_PORT: first + 5,
  }
  const edit: Fixture['edit'] = (file, change) => {
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')))
  }
  const files = ['aftershock.yaml', ...readdirSync(join(folder, 'chaos')).map((file) => `chaos/${file}`)]
  for (const file of files)
    edit(file, (text) => text.replaceAll(/\$([A-Z_]+)/g, (_, name) => String(values[name])))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  return {
    folder,
    ports: [0, 1, 2, 3, 4, 5].map((offset) => first + offset),
    chaos: (name) => join('chaos', `${name}.yaml`),
    edit,
    remove,
    [Symbol.dispose]: remove,
  }
}
