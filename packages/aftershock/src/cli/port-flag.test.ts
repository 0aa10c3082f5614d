import { Command, InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { addGlobalFlags } from './global-flags.ts'
import { portFlag } from './port-flag.ts'

test('portFlag() takes ports and nothing else', () => {
  expect(['0', '4780', '65535'].map(portFlag)).toEqual(['0', '4780', '65535'])
  for (const text of ['banana', '65536', '-1', '1e3', ''])
    expect(() => portFlag(text)).toThrow(InvalidArgumentError)
})

test('-C takes a folder that is there: none is made by being named', () => {
  const parse = (folder: string): Command => {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => {} })
    addGlobalFlags(command)
    return command.parse(['-C', folder], { from: 'user' })
  }
  expect(parse('.').opts()).toMatchObject({ cwd: '.' })
  expect(() => parse('no/such/folder')).toThrow('it must be a folder')
})
