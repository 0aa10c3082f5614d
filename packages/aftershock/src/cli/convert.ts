import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { convertManifest } from '../formats/chaos-mesh/convert-manifest.ts'
import { ProblemError } from '../model/problem.ts'
import type { CommandContext } from './command-module.ts'
import { readTextFile, shownPath } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import { printProblems } from './print-problem.ts'

export function build(command: Command, context: CommandContext): void {
  command
    .argument('<file>', 'manifests of Chaos Mesh 1.x')
    .option('--out <file>', 'write there instead of to stdout')
    .action((file: string, flags: GlobalFlags & { readonly out?: string }) => {
      const io = context.io()
      const read = convertManifest(readTextFile(file, io.cwd), shownPath(resolve(io.cwd, file), io.cwd))
      if (!read.ok) throw new ProblemError(read.problems)
      printProblems(
        read.warnings.map((one) => ({ ...one, level: 'warning' })),
        io.err,
      )
      const { text, changed } = read.value
      if (flags.json) io.out.write(`${JSON.stringify({ changed, text, warnings: read.warnings }, null, 2)}\n`)
      else if (flags.out === undefined) io.out.write(text)
      else writeFileSync(resolve(io.cwd, flags.out), text)
      if (changed === 0) io.err.write('Nothing to convert: these are manifests of Chaos Mesh 2.\n')
    })
}
