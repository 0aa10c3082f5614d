import { openBrowser } from './browser.ts'

/** Before two files open one at the same time: what npm's package has half unpacked it takes for whole. */
export async function setup(): Promise<void> {
  await (await openBrowser())?.close()
}
