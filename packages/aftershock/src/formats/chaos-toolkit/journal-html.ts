import type { JournalView, RecordView, SectionView } from './journal-view.ts'

/** `chaos report --export-format html`: one file, no script, nothing fetched. */
export function reportHtml(title: string, journals: readonly JournalView[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${journals.map(journalHtml).join('\n')}
</main>
</body>
</html>
`
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1b1f24; background: #fff }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }
th, td { border: 1px solid #d0d7de; padding: .3rem .5rem; text-align: left; vertical-align: top }
td { overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }
dt { font-weight: 600 } dd { margin: 0 }
.good { color: #116329 } .bad { color: #a40e26; font-weight: 600 }
pre { margin: 0; white-space: pre-wrap; max-height: 12rem; overflow: auto }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117 } th, td { border-color: #30363d }
  .good { color: #56d364 } .bad { color: #ff7b72 }
}`

function journalHtml(journal: JournalView): string {
  const facts = [...journal.facts, ...journal.contributions]
  if (journal.tags.length > 0) facts.push(['Tags', journal.tags.join(', ')])
  const rows = facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
  return `<section>
<h2>${escaped(journal.title)}</h2>
<p>${escaped(journal.description)}</p>
<dl>${rows.join('')}</dl>
${journal.sections.map(sectionHtml).join('\n')}
</section>`
}

function sectionHtml(section: SectionView): string {
  const verdict =
    section.verdict === undefined
      ? ''
      : `<p class="${section.isGood === false ? 'bad' : 'good'}">${escaped(section.verdict)}</p>`
  const table =
    section.records.length === 0
      ? ''
      : `<table><thead><tr><th>Activity</th><th>Status</th><th>Started</th><th>Seconds</th><th>Provider</th><th>Output</th></tr></thead>
<tbody>${section.records.map(recordHtml).join('\n')}</tbody></table>`
  return `<h3>${escaped(section.title)}</h3>\n${verdict}${table}`
}

function recordHtml(record: RecordView): string {
  const tolerance = record.tolerance === undefined ? '' : `<div>tolerance ${escaped(record.tolerance)}</div>`
  return `<tr><td>${escaped(record.kind)} ${escaped(record.name)}</td>
<td class="${record.isGood ? 'good' : 'bad'}">${escaped(record.status)}</td><td>${escaped(record.start)}</td>
<td>${escaped(record.durationSeconds)}</td><td>${escaped(record.provider)}</td>
<td><pre>${escaped(record.exception ?? record.output)}</pre>${tolerance}</td></tr>`
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': 'amp',
    '<': 'lt',
    '>': 'gt',
    '"': 'quot',
    "'": '#39',
  }
  return text.replaceAll(/[&<>"']/g, (char) => `&${names[char]};`)
}
