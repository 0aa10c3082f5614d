import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../packages/aftershock/src/cli/commands.ts'

const root = resolve(import.meta.dirname, '..')
const pages = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(root, page)))

test('every relative link of the documents leads somewhere', () => {
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8')
    return [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)[^)]*\)/g)]
      .map((match) => match[1] ?? '')
      .filter((link) => !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page} → ${link}`)
  })
  expect(broken).toEqual([])
})

test('docs/reference/cli.md tells of every command', () => {
  const page = readFileSync(join(root, 'docs/reference/cli.md'), 'utf8')
  const visible = Object.keys(COMMANDS).filter((name) => COMMANDS[name]?.hidden === undefined)
  expect(visible.filter((name) => !page.includes(`| \`${name}`))).toEqual([])
})

test('the README stays a page that people read: at most 150 lines', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(150)
})

test('every npm script that the documents name exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const named = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/npm run ([a-z][\w:-]*)/g)].map(
      (match) => match[1] ?? '',
    ),
  )
  expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([])
})
