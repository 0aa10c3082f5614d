import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const BIN = resolve(import.meta.dirname, '../../bin/aftershock.js')

test.each([
  [
    'a place that is none',
    'sqlite',
    2,
    'store-unknown',
    'must be embedded or a URL: current value is sqlite',
  ],
  ['a server that is not there', 'http://me:secret@127.0.0.1:9', 4, 'clickhouse-unreachable', '127.0.0.1:9'],
])('serve --store refuses %s, and leaves nothing open', (_, where, exitCode, code, why) => {
  const cwd = mkdtempSync(join(tmpdir(), 'aftershock-serve-store-'))
  const ports = ['--port', '0', '--otlp-http', '0', '--otlp-grpc', '0']
  const args = [BIN, 'serve', '--store', where, '--data', 'data', ...ports]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' })
  expect(stderr).toContain(code)
  expect(stderr).toContain(why)
  expect(stderr).not.toContain('secret')
  expect([status, stdout]).toEqual([exitCode, ''])
  expect(readdirSync(cwd, { recursive: true }).filter((name) => String(name).endsWith('.pid'))).toEqual([])
})
