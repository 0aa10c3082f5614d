import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { ProblemError } from '../model/problem.ts'
import type { ReportAssets } from '../report/html-report.ts'
import type { PageAssets } from '../server/runs-port.ts'

/** The web package's build: beside the sources in the repository, inside the published package elsewhere. */
const places = ['../../web/', '../../../web/built/'] as const

/** The page of `serve`. @throws ProblemError when the web package has not been built */
export function pageAssets(): PageAssets {
  const folder = builtFolder()
  const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
  return { html: text('index.html'), js: text('app.js'), css: text('style.css') }
}

/** @throws ProblemError when the web package has not been built */
export async function reportAssets(): Promise<ReportAssets> {
  const folder = builtFolder()
  const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
  const { render } = (await import(new URL('ssr.js', folder).href)) as Pick<ReportAssets, 'render'>
  return {
    render,
    appJs: text('app.js'),
    css: text('style.css'),
    gzip: (bytes) => gzipSync(bytes, { level: 9 }),
    sha256Base64: (content) => createHash('sha256').update(content, 'utf8').digest('base64'),
  }
}

function builtFolder(): URL {
  const folder = places
    .map((place) => new URL(place, import.meta.url))
    .find((url) => existsSync(new URL('ssr.js', url)))
  if (folder === undefined) throw new ProblemError([notBuilt], 4)
  return folder
}

const notBuilt = {
  code: 'web-not-built',
  what: 'Cannot write report.html',
  why: 'the page is built when the package is installed, and the build is not there',
  fix: 'npm run prepare',
}
