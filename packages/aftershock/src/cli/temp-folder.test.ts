import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const BIN = join(import.meta.dirname, '../../bin/aftershock.js')

test.each(['/proc', '/dev/null', join(import.meta.filename, 'none')])(
  'a folder for temporary files that takes none stops no command: TMPDIR=%s',
  (folder) => {
    const env = { ...process.env, TMPDIR: folder }
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, '--version'], {
      env,
      timeout: 60_000,
    })
    expect(status, stderr.toString()).toBe(0)
    expect(stdout.toString()).toMatch(/^\d+\.\d+\.\d+/)
  },
)
