// Builds the pages: packages/web/built/{app.js, style.css, ssr.js, index.html}, and the same into the package
// that is published. Plain JavaScript, so that it runs on the Node that the machine happens to have.
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'packages/web/src')
const built = join(root, 'packages/web/built')
const published = join(root, 'packages/aftershock/web')

const shared = {
  bundle: true,
  minify: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
}

const INDEX = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Aftershock</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
</head>
<body>
<div id="app"><p>Aftershock needs scripts for its live pages. Each run also has a report.html that does not.</p></div>
<script defer src="app.js"></script>
</body>
</html>
`

await Promise.all([
  build({
    ...shared,
    entryPoints: [join(source, 'app.tsx')],
    outfile: join(built, 'app.js'),
    format: 'iife',
    target: 'es2022',
  }),
  build({
    ...shared,
    entryPoints: [join(source, 'ssr.tsx')],
    outfile: join(built, 'ssr.js'),
    format: 'esm',
    platform: 'node',
    target: 'node22',
  }),
  build({ ...shared, entryPoints: [join(source, 'style.css')], outfile: join(built, 'style.css') }),
])
await writeFile(join(built, 'index.html'), INDEX)

await mkdir(published, { recursive: true })
for (const name of ['app.js', 'style.css', 'ssr.js', 'index.html'])
  await copyFile(join(built, name), join(published, name))
