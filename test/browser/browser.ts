import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const CACHE = join(
  dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
  'node_modules/.cache/aftershock-chromium',
)

/**
 * The first Chromium that can be had: `AFTERSHOCK_CHROMIUM`, the machine's own, the one from npm.
 *
 * @returns undefined, after a loud line, when none starts
 */
export async function openBrowser(): Promise<Browser | undefined> {
  const own = [process.env.AFTERSHOCK_CHROMIUM, '/usr/bin/chromium'].filter((path) => path !== undefined)
  const problems: string[] = []
  for (const executablePath of own.filter((path) => existsSync(path))) {
    try {
      return await chromium.launch({ executablePath, args: ['--no-sandbox'] })
    } catch (error) {
      problems.push(`${executablePath}: ${firstLine(error)}`)
    }
  }
  try {
    return await openPackaged()
  } catch (error) {
    problems.push(`@sparticuz/chromium: ${firstLine(error)}`)
  }
  console.error(`\n!!! BROWSER TESTS NOT RUN: no Chromium starts here (${problems.join('; ')}) !!!\n`)
  return undefined
}

/** A page may take as long as a busy machine needs; a test that hangs is ended by Vitest. */
const PATIENCE_MS = 120_000

/** A page in a context of its own. */
export async function openPage(
  browser: Browser | undefined,
  options: BrowserContextOptions = {},
): Promise<Page> {
  if (browser === undefined) throw new Error('no browser')
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENCE_MS)
  return context.newPage()
}

/**
 * Chromium out of the npm package. It unpacks into the temporary folder, hence the one of our own; the
 * libraries that a bare Debian lacks (libnss3, libexpat) come along when it believes to be in Lambda.
 */
async function openPackaged(): Promise<Browser> {
  mkdirSync(CACHE, { recursive: true })
  const before = { TMPDIR: process.env.TMPDIR, AWS_EXECUTION_ENV: process.env.AWS_EXECUTION_ENV }
  let executablePath: string
  try {
    process.env.TMPDIR = CACHE
    process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs24.x'
    const { default: packaged } = await import('@sparticuz/chromium')
    executablePath = await packaged.executablePath()
  } finally {
    restore('TMPDIR', before.TMPDIR)
    restore('AWS_EXECUTION_ENV', before.AWS_EXECUTION_ENV)
  }
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox'],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(CACHE, 'al2023/lib'),
      FONTCONFIG_FILE: fontSettings(),
    },
  })
}

/** The package's own settings name folders of Lambda; without any font, text has no size. */
function fontSettings(): string {
  const file = join(CACHE, 'fonts.conf')
  const folders = [join(CACHE, 'fonts'), '/usr/share/fonts'].map((folder) => `<dir>${folder}</dir>`).join('')
  writeFileSync(
    file,
    `<?xml version="1.0"?><fontconfig>${folders}<cachedir>${join(CACHE, 'font-cache')}</cachedir></fontconfig>\n`,
  )
  return file
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

function firstLine(error: unknown): string {
  return String(error).split('\n')[0] ?? ''
}
