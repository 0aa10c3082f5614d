import type { Command } from 'commander'
import { listRuns, type RunListing } from '../engine/list-runs.ts'
import type { CommandContext } from './command-module.ts'
import { findSystemFile, homeOf } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import type { Output } from './io.ts'

export function build(command: Command, context: CommandContext): void {
  command
    .option('--limit <n>', 'at most so many', Number, 20)
    .action((flags: GlobalFlags & { readonly limit: number }) => {
      const io = context.io()
      const runs = listRuns(homeOf(io.cwd, findSystemFile(io.cwd, flags.config))).slice(0, flags.limit)
      if (flags.json) io.out.write(`${JSON.stringify(runs, null, 2)}\n`)
      else if (runs.length === 0)
        io.out.write('No runs yet. `aftershock demo` makes one in 90 seconds, without Docker.\n')
      else for (const run of runs) io.out.write(row(run, io.out))
    })
}

const glyphs: Readonly<Record<string, readonly [string, string]>> = {
  held: ['✓', 'ok'],
  broke: ['✕', 'x'],
  inconclusive: ['?', '?'],
  stopped: ['■', '!'],
}

function row(run: RunListing, output: Output): string {
  const [glyph, ascii] = glyphs[run.verdict] ?? ['–', '-']
  const mark = output.unicode ? glyph : ascii
  const at = run.startedAt.replace('T', ' ').slice(0, 19)
  return `${mark} ${run.verdict.padEnd(13)} ${run.id}  ${at}  ${run.name}\n    ${run.headline}\n`
}
