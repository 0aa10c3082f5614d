import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { nearest } from '../formats/did-you-mean.ts'
import { ProblemError } from '../model/problem.ts'
import type { CommandContext } from './command-module.ts'
import { commandText } from './command-text.ts'
import { localWorld } from './fault-world.ts'
import { homeOf } from './find-files.ts'
import { readExperiments } from './read-experiments.ts'
import { readSystem } from './read-system.ts'
import { runFiles } from './run-files.ts'
import { addRunOptions, type RunFlags } from './run-options.ts'

/** In the repository, and beside the code in the published package. */
const places = ['../../../../examples/shop/', '../../shop/'] as const

/**
 * The shop, an ordinary Chaos Mesh manifest, the whole path. That users are hit is what it shows, so a broken
 * hypothesis is no failure of the command: exit 0.
 */
export function build(command: Command, context: CommandContext): void {
  command.argument('[experiment]', 'one of the shop’s experiments', 'payment-latency')
  addRunOptions(command, 'demo').action(async (name: string, flags: RunFlags) => {
    const io = context.io()
    const folder = shopFolder()
    const known = namesIn(folder)
    if (!known.includes(name)) throw new ProblemError([noSuchExperiment(name, known)], 2)
    // Named as it is in the shop: where this machine keeps the package is nobody's business in a report.
    const { experiments } = readExperiments([join('chaos', `${name}.yaml`)], folder)
    const { system, path } = readSystem(io.cwd, join(folder, 'aftershock.yaml'))
    const code = await runFiles({
      io,
      flags: { ...flags, baseline: flags.baseline ?? 20_000 },
      system,
      systemPath: path,
      home: homeOf(io.cwd, undefined),
      world: localWorld,
      experiments,
      commandLine: commandText(context.argv),
      version: context.version,
    })
    context.exit(code === 1 ? 0 : code)
  })
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(join(folder, 'chaos'))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
}

function noSuchExperiment(name: string, known: readonly string[]): ProblemError['problems'][number] {
  return {
    code: 'demo-experiment',
    what: `Cannot run the demo \`${name}\``,
    why: `it must be one of the shop’s experiments: ${known.join(', ')}`,
    fix: `aftershock demo ${nearest(name, known) ?? known[0]}; your own files: aftershock run`,
  }
}

function shopFolder(): string {
  const found = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((path) => existsSync(join(path, 'aftershock.yaml')))
  if (found !== undefined) return found
  throw new ProblemError(
    [
      {
        code: 'no-demo-shop',
        what: 'Cannot run the demo',
        why: 'the demo shop is part of the repository: it is not beside this installation',
        fix: 'clone the repository, then npm ci && npm run demo',
      },
    ],
    4,
  )
}
