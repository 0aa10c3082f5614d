import type { Command } from 'commander'
import { systemClock } from '../engine/clock.ts'
import { findRun } from '../engine/list-runs.ts'
import { readHeld } from '../kubernetes/drive/held-objects.ts'
import { ProblemError } from '../model/problem.ts'
import type { CommandContext } from './command-module.ts'
import { findSystemFile, homeOf } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'

const withinMs = 60_000

/** `pause` and `resume`: the same but for what is wanted. */
export function buildPause(command: Command, context: CommandContext, wanted: 'paused' | 'running'): void {
  command
    .argument('[run]', 'an id, a unique prefix or latest', 'latest')
    .action(async (asked: string, flags: GlobalFlags) => {
      const io = context.io()
      const run = findRun(homeOf(io.cwd, findSystemFile(io.cwd, flags.config)), asked)
      const held = readHeld(run.path)
      if (held === undefined || held.refs.length === 0) throw new ProblemError([nothingHeld(run.id)])
      const { connectKube } = await import('../kubernetes/client.ts')
      const { setPause } = await import('../kubernetes/drive/pause.ts')
      const clock = systemClock()
      const client = connectKube({ ...held.settings, clock })
      try {
        const done = await Promise.all(held.refs.map((ref) => setPause(client, clock, ref, wanted, withinMs)))
        if (flags.json) io.out.write(`${JSON.stringify(done, null, 2)}\n`)
        else for (const one of done) io.out.write(`${one.text}\n`)
        context.exit(done.every((one) => one.done) ? 0 : 4)
      } finally {
        client.close()
      }
    })
}

function nothingHeld(id: string): ProblemError['problems'][number] {
  return {
    code: 'nothing-held',
    what: `Cannot pause run ${id}`,
    why: 'only a run with --target k8s whose fault is on has something to pause: this one has no object in a cluster',
    fix: 'aftershock runs',
  }
}
