import { notify } from '../../engine/chaos-toolkit/notify.ts'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { errorText } from '../../model/error-text.ts'
import type { ChaosContext } from './chaos-command.ts'
import { hostsFor } from './hosts.ts'
import type { Given } from './options.ts'
import { saveFile } from './save-file.ts'

/** `chaos discover PACKAGE`. @returns 0 also when it fails, as the reference */
export async function run(given: Given, context: ChaosContext): Promise<number> {
  const { log } = context
  const name = given.rest[0] ?? ''
  const hosts = hostsFor({ python: context.python, log, requestExit: () => {} })
  const settings = await context.settings()
  const plugins = hosts.python.notify
  try {
    await notify(settings, { name: 'discovery-started', payload: name }, plugins, log)
    const discovery = await hosts.python.discover?.(name, {
      includesSystem: !given.flags.has('--no-system-info'),
      installs: !given.flags.has('--no-install'),
    })
    if (discovery === undefined) throw new Error(`nothing here can discover ${name}`)
    const path = given.texts.get('--discovery-path') ?? './discovery.json'
    saveFile(path, writeJson(discovery, { indent: 2, nonAscii: 'escaped' }))
    log.info(`Discovery outcome saved in ${path}`)
    await notify(settings, { name: 'discovery-completed', payload: discovery }, plugins, log)
  } catch (failure) {
    if (failure instanceof Refused) throw failure
    const error = errorText(failure)
    await notify(settings, { name: 'discovery-failed', payload: name, error }, plugins, log)
    log.critical(error)
  } finally {
    await hosts.close()
  }
  return 0
}
