import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Compression, ReceivedBody } from './received-body.ts'

const SUFFIX = '.journal'
const HEADER_BYTES = 6
const ENCODINGS = ['protobuf', 'json'] as const
const COMPRESSIONS: readonly Compression[] = ['identity', 'gzip', 'deflate', 'zstd']

/**
 * The bodies of a block that is not in the store yet, written down before their senders are answered: a
 * process that is killed reads them again when it comes back. One write a body; that survives the process,
 * though not a power cut.
 */
export class BlockJournal {
  readonly #handle: number
  #length = 0

  constructor(directory: string, blockId: string) {
    this.#handle = openSync(join(directory, blockId + SUFFIX), 'ax', 0o600)
  }

  /** Throws when it cannot be written (a full disk); nothing of the body stays then. */
  add({ encoding, compression, bytes }: ReceivedBody): void {
    const record = Buffer.allocUnsafe(HEADER_BYTES + bytes.length)
    record.writeUInt32LE(bytes.length, 0)
    record[4] = ENCODINGS.indexOf(encoding)
    record[5] = COMPRESSIONS.indexOf(compression)
    record.set(bytes, HEADER_BYTES)
    try {
      for (let at = 0; at < record.length; ) at += writeSync(this.#handle, record, at)
      this.#length += record.length
    } catch (error) {
      ftruncateSync(this.#handle, this.#length)
      throw error
    }
  }

  close(): void {
    closeSync(this.#handle)
  }
}

/** Blocks whose journal was left behind. */
export function journalsIn(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort()
}

/** The bodies of a journal; one that was cut off in the middle was never answered, and is left out. */
export function* readJournal(directory: string, blockId: string): Generator<ReceivedBody> {
  const content = readFileSync(join(directory, blockId + SUFFIX))
  let at = 0
  while (at + HEADER_BYTES <= content.length) {
    const end = at + HEADER_BYTES + content.readUInt32LE(at)
    if (end > content.length) return
    const encoding = ENCODINGS[content[at + 4] ?? 0] ?? 'protobuf'
    const compression = COMPRESSIONS[content[at + 5] ?? 0] ?? 'identity'
    const bytes = new Uint8Array(content.subarray(at + HEADER_BYTES, end))
    yield { signal: 'traces', encoding, compression, bytes }
    at = end
  }
}

/** To be called when the block is in the store. */
export function removeJournal(directory: string, blockId: string): void {
  rmSync(join(directory, blockId + SUFFIX), { force: true })
}
