import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { findRun } from '../engine/list-runs.ts'
import type { CommandContext } from './command-module.ts'
import { evidenceOfFolder } from './evidence-of-folder.ts'
import { readResult } from './explain.ts'
import { findSystemFile, homeOf, shownPath } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import { writeOutputs } from './outputs.ts'

export function build(command: Command, context: CommandContext): void {
  command
    .argument('[run]', 'an id, a unique prefix, latest or latest~1', 'latest')
    .action(async (asked: string, flags: GlobalFlags) => {
      const io = context.io()
      const run = findRun(homeOf(io.cwd, findSystemFile(io.cwd, flags.config)), asked)
      const result = readResult(run.path)
      const traces = await evidenceOfFolder(run.path, result)
      const { reportBytes } = await writeOutputs(result, traces, (file, content) =>
        replace(join(run.path, file), content),
      )
      const path = shownPath(join(run.path, 'report.html'), io.cwd)
      if (flags.json)
        io.out.write(
          `${JSON.stringify({ run: run.id, report: path, bytes: reportBytes, traces: traces.length })}\n`,
        )
      else io.out.write(`${path}  ${Math.round(reportBytes / 1000)} KB, ${traces.length} traces inside\n`)
    })
}

function replace(file: string, content: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return
  writeFileSync(`${file}.part`, content, { flush: true })
  renameSync(`${file}.part`, file)
}
