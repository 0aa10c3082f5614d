import type { JournalView, RecordView, SectionView } from './journal-view.ts'

/** `chaos report --export-format markdown`: hypothesis, method, rounds during it, rollbacks. */
export function reportMarkdown(title: string, journals: readonly JournalView[]): string {
  const overview = journals.map((one) => {
    const facts = new Map(one.facts)
    return `| ${cell(one.title)} | ${facts.get('Status')} | ${facts.get('Deviated')} | ${facts.get('Started')} | ${facts.get('Duration')} |`
  })
  return `# ${line(title)}

| Experiment | Status | Deviated | Started | Duration |
| --- | --- | --- | --- | --- |
${overview.join('\n')}

${journals.map(journalText).join('\n')}`
}

function journalText(journal: JournalView): string {
  const facts = journal.facts.map(([name, value]) => `- **${name}**: ${line(value)}`)
  if (journal.tags.length > 0) facts.push(`- **Tags**: ${journal.tags.map(line).join(', ')}`)
  for (const [name, weight] of journal.contributions) facts.push(`- **${line(name)}**: ${line(weight)}`)
  return `## ${line(journal.title)}

${line(journal.description)}

${facts.join('\n')}

${journal.sections.map(sectionText).join('\n')}`
}

function sectionText(section: SectionView): string {
  const verdict = section.verdict === undefined ? '' : `\n${section.verdict}\n`
  const rows = section.records.map(recordRow)
  const table =
    rows.length === 0
      ? ''
      : `\n| Activity | Status | Started | Seconds | Provider | Output |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`
  return `### ${section.title}\n${verdict}${table}`
}

function recordRow(record: RecordView): string {
  const tolerance = record.tolerance === undefined ? '' : ` (tolerance ${record.tolerance})`
  const cells = [
    `${record.kind} ${record.name}`,
    record.status,
    record.start,
    record.durationSeconds,
    record.provider,
    `${record.exception ?? record.output}${tolerance}`,
  ]
  return `| ${cells.map(cell).join(' | ')} |`
}

/** Text of an experiment must not become markup. */
function line(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/[\\`*_{}[\]<>]/g, '\\$&')
}

function cell(text: string): string {
  return line(text).replaceAll('|', '\\|')
}
