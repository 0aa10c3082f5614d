import type { World } from './world.ts'

/** Options before and after `run`, and the files that they name. */
export function optionsOf({ c }: World) {
  const before: string[] = []
  const after: string[] = []
  const files: Record<string, string> = {}
  if (c.once(3)) after.push('--rollback-strategy', c.of(['default', 'always', 'never', 'deviated']))
  if (c.once(6))
    after.push('--hypothesis-strategy', c.of(['default', 'before-method-only', 'after-method-only']))
  else if (c.once(8)) {
    after.push(
      '--hypothesis-strategy',
      c.of(['continuously', 'during-method-only']),
      '--hypothesis-frequency',
      '0.1',
    )
    if (c.once(2)) after.push('--fail-fast')
  }
  if (c.once(8)) after.push('--dry', c.of(['activities', 'actions', 'probes', 'pause']))
  if (c.once(3)) after.push('--no-validation')
  if (c.once(5))
    after.push(
      '--var',
      c.of(['a=1', 'a:int=7', 'n:float=0.1', 'b:json={"k": 1.0}', 'z=1', 'a:bool=no', 'n:x=1', 'a']),
    )
  if (c.once(6)) {
    const [name, text] = c.of([
      ['v.json', '{"configuration": {"a": {"type": "env", "key": "WORDS"}}, "secrets": {"one": {"s": "v"}}}'],
      ['v.yaml', 'configuration:\n  b: yes\n'],
      ['v.env', '# c\nFROM_FILE=1\nSET = x\n'],
      [
        'v.yml',
        'configuration:\n  b: {type: env, key: SET, env_var_type: bool}\nsecrets:\n  two: {t: 1.0}\n',
      ],
      [
        'v.json',
        '{"configuration": {"a": {"type": "probe", "name": "p", "provider": {"type": "process", "path": "echo", "arguments": "dynamic"}}}}',
      ],
      ['v.json', '{'],
      ['v.yaml', 'a: ['],
    ] as const)
    files[name] = text
    after.push('--var-file', name)
  }
  if (c.once(8)) {
    files['c.json'] = JSON.stringify({
      global: { provider: { type: 'python', module: 'ctl', arguments: { name: 'global' } } },
    })
    after.push('--control-file', 'c.json')
  }
  if (c.once(8)) {
    files['s.yaml'] = c.of([
      'runtime:\n  rollbacks:\n    strategy: always\n',
      'controls:\n  set:\n    provider:\n      type: python\n      module: ctl\n      arguments:\n        name: set\n',
      'a: [',
      '',
    ])
    before.push('--settings', 's.yaml')
  }
  return { before, after, files }
}
