import { readFileSync } from 'node:fs'
import { Refused } from '../../engine/chaos-toolkit/stops.ts'
import { reportHtml } from '../../formats/chaos-toolkit/journal-html.ts'
import { reportMarkdown } from '../../formats/chaos-toolkit/journal-markdown.ts'
import { type JournalView, viewJournal } from '../../formats/chaos-toolkit/journal-view.ts'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { errorText } from '../../model/error-text.ts'
import type { ChaosContext } from './chaos-command.ts'
import type { Given } from './options.ts'
import { saveFile } from './save-file.ts'

/** `chaos report JOURNAL... REPORT`: Markdown or one HTML file, by `--export-format` or the name of the report. */
export async function run(given: Given, { log }: ChaosContext): Promise<number> {
  const paths = given.rest.slice(0, -1)
  const target = given.rest.at(-1) ?? 'report.md'
  const views = paths.map(readView)
  const title = given.texts.get('--title') ?? 'Chaos Engineering Report'
  const format = given.texts.get('--export-format')
  const isHtml = format === undefined ? /\.html?$/i.test(target) : format !== 'markdown'
  const text = isHtml ? reportHtml(title, views) : reportMarkdown(title, views)
  saveFile(target, text)
  log.info(`Report generated as '${target}'`)
  return 0
}

function readView(path: string): JournalView {
  try {
    const view = viewJournal(readJson(readFileSync(path, 'utf8')))
    if (typeof view === 'string') throw new Refused(`${path} is no journal: ${view}`)
    return view
  } catch (error) {
    if (error instanceof Refused) throw error
    if (error instanceof PythonError) throw new Refused(`${path} is no journal: ${error.message}`)
    throw new Refused(`Cannot read ${path}: ${errorText(error)}`)
  }
}
