import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../packages/aftershock/src/cli/commands.ts'
import { cli } from './support/cli.ts'
import { ROOT } from './support/fixture.ts'

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'aftershock-e2e-'))
})
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const aftershock = (...args: readonly string[]) => cli(args, { cwd })
/** `chaos` has help of its own, as the Chaos Toolkit writes it. */
const SHOWN = Object.keys(COMMANDS).filter((name) => COMMANDS[name]?.hidden === undefined)
const ALL = [...SHOWN.filter((name) => name !== 'chaos'), 'ui']

describe('help', () => {
  test.each(ALL)('aftershock %s --help', async (name) => {
    const [asked, told] = await Promise.all([aftershock(name, '--help'), aftershock('help', name)])
    expect(asked.code, asked.stderr).toBe(0)
    expect(asked.stdout).toMatch(new RegExp(`^Usage: aftershock ${name} `))
    expect(asked.stderr).toBe('')
    expect(told.stdout).toBe(asked.stdout)
  })

  test('lists every command, in the words of each, with the exit codes', async () => {
    const { stdout, code } = await aftershock('help')
    expect(code).toBe(0)
    for (const name of SHOWN) expect(stdout).toContain(`aftershock ${name} `)
    expect(stdout).toContain('6 a fault may still be active')
    expect((await aftershock()).stdout).toBe(stdout)
    expect((await aftershock('--help')).stdout).toBe(stdout)
  })

  test('--version prints the version of the package', async () => {
    const file = readFileSync(join(ROOT, 'packages/aftershock/package.json'), 'utf8')
    const { version } = JSON.parse(file) as { readonly version: string }
    for (const flag of ['--version', '-V', 'version'])
      expect((await aftershock(flag)).stdout).toBe(`${version}\n`)
  })
})

describe('an older Node, where PATH has one', () => {
  const old = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find((node) => /^v(1\d|20|21)\./.test(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? ''))

  test.runIf(old !== undefined)('is told to be too old, without a stack', () => {
    const bin = join(ROOT, 'packages/aftershock/bin/aftershock.js')
    const end = spawnSync(old ?? '', [bin, '--version'], { encoding: 'utf8', cwd })
    expect(end.status).toBe(4)
    expect(end.stderr).toMatch(/^error: aftershock needs Node 22.18 or newer: this is \d+\./)
    expect(end.stderr).not.toMatch(/^\s+at /m)
  })
})

describe('slips', () => {
  test.each([
    [['anlyze'], /did you mean `aftershock analyze`/],
    [['--verson'], /Did you mean --version/],
    [['run', 'x.yaml', '--basline', '3s'], /Did you mean --baseline/],
    [['run'], /missing required argument 'files'/],
    [['run', 'x.yaml', '--baseline', 'soon'], /must be a time such as 30s/],
    [['run', 'x.yaml', '--seed', '-1'], /must be a whole number/],
    [['explain', '--format', 'pdf'], /Allowed choices are text, md/],
    [['completion', 'tcsh'], /bash, zsh, fish, pwsh/],
    [['help', 'nope'], /Cannot run the command `nope`/],
  ] as const)('%j is refused with what was meant', async (args, said) => {
    const end = await aftershock(...args)
    expect(end.code).toBe(2)
    expect(end.stdout).toBe('')
    expect(end.stderr).toMatch(said)
    expect(end.stderr).not.toMatch(/^\s+at /m)
  })

  test('flags may stand before the command', async () => {
    const end = await aftershock('-C', cwd, 'runs')
    expect(end.code, end.stderr).toBe(0)
    expect(end.stdout).toContain('No runs yet')
  })
})

describe('completion', () => {
  test('the bash script parses and completes commands', async () => {
    const script = join(cwd, 'completion.bash')
    const { stdout } = await aftershock('completion', 'bash')
    expect(spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    })
    const bin = join(ROOT, 'packages/aftershock/bin/aftershock.js')
    const node = join(ROOT, 'node_modules/.bin/node')
    const asked = `aftershock() { '${node}' '${bin}' "$@"; }
${stdout}
COMP_WORDS=(aftershock an); COMP_CWORD=1; _aftershock; echo "\${COMPREPLY[@]}"
COMP_WORDS=(aftershock completion z); COMP_CWORD=2; _aftershock; echo "\${COMPREPLY[@]}"`
    const completed = spawnSync('bash', ['-c', asked], { encoding: 'utf8', cwd })
    expect(completed.stdout, completed.stderr + script).toBe('analyze\nzsh\n')
  })

  test.each(['zsh', 'fish', 'pwsh'])('there is one for %s', async (shell) => {
    const end = await aftershock('completion', shell)
    expect(end.code).toBe(0)
    expect(end.stdout).toContain('aftershock __complete')
  })
})

describe('init', () => {
  test('writes files that validate, once, and touches nothing of yours', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aftershock-e2e-'))
    const here = (...args: readonly string[]) => cli(args, { cwd: folder })
    expect((await here('init')).code).toBe(0)
    const checked = await here('validate', 'aftershock.yaml', 'chaos/payment-latency.yaml')
    expect(checked.code, checked.stderr).toBe(0)
    const again = await here('init')
    expect(again.code).toBe(2)
    expect(again.stderr).toMatch(/nothing of yours is written over/)
    const plan = await here('run', 'chaos/payment-latency.yaml', '--dry-run')
    expect(plan.code, plan.stderr).toBe(0)
    expect(existsSync(join(folder, '.aftershock'))).toBe(false)
    rmSync(folder, { recursive: true })
  })
})

test('an empty token is none: watch opens no door with it', async () => {
  const env = { AFTERSHOCK_WATCH_TOKEN: '' }
  const end = await cli(['watch', '--host', '0.0.0.0', '--port', '0'], { cwd: tmpdir(), env })
  expect(end.code).toBe(2)
  expect(end.stderr).toContain('a token is required')
})

test('init names the schema for editors where Aftershock is installed in the project', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-e2e-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(ROOT, 'packages/aftershock'), join(folder, 'node_modules/aftershock'))
  expect((await cli(['init'], { cwd: folder })).code).toBe(0)
  const [line = ''] = readFileSync(join(folder, 'aftershock.yaml'), 'utf8').split('\n')
  expect(line).toMatch(/^# yaml-language-server: \$schema=node_modules\//)
  expect(existsSync(join(folder, line.split('=')[1] ?? ''))).toBe(true)
  rmSync(folder, { recursive: true })
})

describe('validate', () => {
  test('accepts the shop and each of its experiments', async () => {
    const shop = join(ROOT, 'examples/shop')
    const names = ['payment-latency', 'payment-abort', 'payment-kill', 'payment-cpu', 'inventory-loss']
    const files = ['aftershock.yaml', ...names.map((name) => `chaos/${name}.yaml`)]
    const end = await cli(['validate', '--json', ...files], { cwd: shop })
    expect(end.code, end.stderr).toBe(0)
    const checked = JSON.parse(end.stdout) as readonly { readonly verdict: string }[]
    expect(checked.map((one) => one.verdict)).toEqual(files.map(() => 'accepted'))
  })

  test('warns of an old scheduler without rejecting it', async () => {
    const end = await cli(['validate', join(ROOT, 'examples/experiments/old-scheduler.yaml')], { cwd })
    expect(end.code).toBe(0)
    expect(end.stderr).toMatch(/^warning /m)
  })
})

describe('colour', () => {
  test('FORCE_COLOR paints, NO_COLOR, --no-color and TERM=dumb do not', async () => {
    const painted = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
      (await cli(['nope', ...args], { cwd, env })).stderr.includes('\u001b')
    expect(await painted({ FORCE_COLOR: '1' })).toBe(true)
    expect(await painted({})).toBe(false)
    expect(await painted({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false)
    expect(await painted({ FORCE_COLOR: '1', TERM: 'dumb' })).toBe(false)
    expect(await painted({ FORCE_COLOR: '1' }, '--no-color')).toBe(false)
  })
})
