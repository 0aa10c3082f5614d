import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { type ChdbEngine, openChdbEngine } from './chdb-engine.ts'
import { openClickhouseSpanStore } from './clickhouse-span-store.ts'
import { spanStoreContract } from './span-store.contract.ts'

// No ClickHouse server comes from a package registry, so the real client talks to a thin HTTP front of the
// same engine. What this cannot show: clusters, users' rights, and versions other than the embedded one.
let front: Server | undefined
let engine: ChdbEngine | undefined
const directory = mkdtemp(join(tmpdir(), 'aftershock-clickhouse-'))

afterAll(async () => {
  front?.closeAllConnections()
  front?.close()
  await engine?.close()
})

spanStoreContract('openClickhouseSpanStore()', async () => {
  const opened = await openChdbEngine({ dataDirectory: join(await directory, 'data') })
  engine = opened
  front = createServer((request, response) => {
    answer(opened, request).then(
      (bytes) => response.end(bytes),
      (error: Error) => {
        response.statusCode = 500
        response.end(`Code: 1. DB::Exception: ${error.message}`)
      },
    )
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => front?.once('listening', resolve))
  const { port } = front.address() as AddressInfo
  return openClickhouseSpanStore({
    url: `http://127.0.0.1:${port}`,
    blockDirectory: join(await directory, 'blocks'),
  })
})

/** The statement is a parameter when the body holds data, else the body. */
async function answer(on: ChdbEngine, request: IncomingMessage): Promise<Uint8Array> {
  const statement = new URL(request.url ?? '', 'http://front').searchParams.get('query')
  const body = await buffer(request)
  if (statement === null) return on.query(body.toString().replace(/\s*FORMAT Native\s*$/, ''))
  const [, table = '', columns = ''] = /^INSERT INTO (\S+) \((.*)\) FORMAT Native$/.exec(statement) ?? []
  const file = join(on.blockDirectory, 'front.native')
  await writeFile(file, body)
  await on.insertFile(table, columns.replaceAll('`', '').split(', '), file)
  await rm(file, { force: true })
  return new Uint8Array(0)
}

test('openClickhouseSpanStore() says what to check when nobody answers', async () => {
  const blockDirectory = join(await directory, 'none')
  const opening = openClickhouseSpanStore({ url: 'http://user:secret@127.0.0.1:9', blockDirectory })
  const error = await opening.catch((problem: unknown) => problem)
  expect(error).toMatchObject({ exitCode: 4, problems: [{ code: 'clickhouse-unreachable' }] })
  expect(JSON.stringify((error as { problems: unknown }).problems)).not.toContain('secret')
})

test('openClickhouseSpanStore() clears blocks of a killed process, and lets one process wait there', async () => {
  const blockDirectory = join(await directory, 'waiting')
  await mkdir(blockDirectory)
  for (const name of ['a.native', 'a.native.unfinished', 'a.journal'])
    await writeFile(join(blockDirectory, name), 'half')
  const url = 'http://127.0.0.1:9'
  await openClickhouseSpanStore({ url, blockDirectory }).catch(() => undefined)
  expect(await readdir(blockDirectory)).toEqual(['a.journal'])
  await writeFile(join(blockDirectory, 'owner.pid'), String(process.ppid))
  const taken = openClickhouseSpanStore({ url, blockDirectory })
  await expect(taken).rejects.toMatchObject({ exitCode: 4, problems: [{ code: 'store-in-use' }] })
})
