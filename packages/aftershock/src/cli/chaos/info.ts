import { readFileSync, statSync } from 'node:fs'
import type { ChaosContext } from './chaos-command.ts'
import { hostsFor } from './hosts.ts'
import type { Given } from './options.ts'

/** `chaos info core|settings|extensions`. */
export async function run(given: Given, context: ChaosContext): Promise<number> {
  const { io, version, settingsPath } = context
  const [target] = given.rest
  if (target === 'core') {
    io.out.write(`${row(['NAME', 'VERSION'])}${row(['CLI', version])}${row(['Core library', version])}`)
    await tellPython(context)
    return 0
  }
  if (target === 'settings') {
    const isThere = statSync(settingsPath, { throwIfNoEntry: false })?.isFile() === true
    const text = isThere ? readFileSync(settingsPath, 'utf8') : undefined
    io.out.write(text === undefined ? `No settings file found at ${settingsPath}\n` : `${text}\n`)
    return 0
  }
  await listExtensions(context)
  return 0
}

async function tellPython({ io, log, python }: ChaosContext): Promise<void> {
  const hosts = hostsFor({ python, log, requestExit: () => {} })
  try {
    const facts = await (await hosts.python.loaded()).facts()
    if (typeof facts === 'string') io.out.write(row(['Python', `none: ${facts}`]))
    else {
      io.out.write(row(['Python', `${facts.version} (${facts.executable})`]))
      io.out.write(row(['chaostoolkit-lib', facts.library ?? 'not installed: Aftershock stands in for it']))
    }
  } finally {
    await hosts.close()
  }
}

/** Columns as wide as the reference's. */
function row([name = '', version = '']: readonly string[]): string {
  return `${name.padEnd(20)}${version.padEnd(10)}\n`
}

async function listExtensions({ io, log, python }: ChaosContext): Promise<void> {
  const hosts = hostsFor({ python, log, requestExit: () => {} })
  try {
    const line = (cells: readonly string[]) => {
      const [name = '', version = '', license = '', summary = ''] = cells
      io.out.write(`${name.padEnd(40)}${version.padEnd(10)}${license.padEnd(30)}${summary.padEnd(50)}\n`)
    }
    const facts = await (await hosts.python.loaded()).facts()
    if (typeof facts === 'string') log.warning(`no Python, so no extensions: ${facts}`)
    line(['NAME', 'VERSION', 'LICENSE', 'DESCRIPTION'])
    for (const one of (await hosts.python.extensions?.()) ?? []) {
      const summary = one.summary.replace('Chaos Toolkit Extension for ', '').slice(0, 50)
      line([one.name, one.version, one.license, summary])
    }
  } finally {
    await hosts.close()
  }
}
