import { Command } from 'commander'
import { expect, test } from 'vitest'
import { CHAOS_COMMANDS } from '../chaos/chaos-commands.ts'
import { readOptions } from '../chaos/options.ts'
import {
  addToolkitOptions,
  chaosRunArguments,
  checkToolkitFlags,
  type ToolkitFlags,
} from './toolkit-flags.ts'

function flagsOf(...words: readonly string[]): ToolkitFlags {
  const command = addToolkitOptions(new Command('run')).exitOverride()
  command.parse(words, { from: 'user' })
  return command.opts<ToolkitFlags>()
}

test('`aftershock run` takes the flags of `chaos run` and hands them on as they were', () => {
  const words = [
    ...['--var', 'a=1', '--var', 'b:int=2', '--var-file', 'v.env', '--control-file', '/etc/c.json'],
    ...['--rollback-strategy', 'always', '--hypothesis-strategy', 'continuously'],
    ...['--hypothesis-frequency', '0.5', '--fail-fast', '--no-validation', '--no-verify-tls'],
  ]
  const handedOn = chaosRunArguments(flagsOf(...words), '/somewhere')
  expect(handedOn).toEqual(words.map((word) => (word === 'v.env' ? '/somewhere/v.env' : word)))
  const given = readOptions(handedOn, CHAOS_COMMANDS.run?.options ?? [], 'end')
  expect(given.lists.get('--var')).toEqual(['a=1', 'b:int=2'])
})

test('without flags nothing is handed on', () => {
  expect(chaosRunArguments(flagsOf(), '/somewhere')).toEqual([])
})

test('a flag that no file has a use for is refused', () => {
  const manifest = { name: 'n', format: 'chaos-mesh', file: 'f.yaml', text: '', faults: [] } as const
  const experiment = { ...manifest, format: 'chaos-toolkit' } as const
  expect(() => checkToolkitFlags(flagsOf('--fail-fast'), [manifest])).toThrow('Cannot use --fail-fast')
  expect(() => checkToolkitFlags(flagsOf('--python', 'p'), [manifest])).toThrow('Cannot use --python')
  checkToolkitFlags(flagsOf('--fail-fast'), [manifest, experiment])
  checkToolkitFlags(flagsOf(), [manifest])
})

test('a frequency is a number of seconds', () => {
  const command = addToolkitOptions(new Command('run'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  expect(() => command.parse(['--hypothesis-frequency', 'often'], { from: 'user' })).toThrow(
    'number of seconds',
  )
})
