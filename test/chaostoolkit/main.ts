// npm run test:chaostoolkit: the real Chaos Toolkit and ours, on the same experiments, in the same run.
// With a word after it: one of the parts, or cases whose name has it; `random --seed N --count M`.
import { join, resolve } from 'node:path'
import { PACKAGES, prepareEnvironment } from './environment.ts'
import { BY_HAND, namedCases, PARTS, type Part } from './parts.ts'
import { compareRandom } from './random/main.ts'

const venvs = resolve(import.meta.dirname, '../../.venv')

async function main(only: string | undefined): Promise<number> {
  const usual = await prepareEnvironment(join(venvs, 'chaostoolkit'), PACKAGES.usual)
  if (typeof usual === 'string') return skipped(usual)
  const reporting = await prepareEnvironment(join(venvs, 'chaostoolkit-reporting'), PACKAGES.reporting)
  if (typeof reporting === 'string') return skipped(reporting)
  console.log([...new Set([...usual.versions, ...reporting.versions])].join('  '))
  if (only === 'random') return (await compareRandom(usual, process.argv.slice(3))) === 0 ? 0 : 1
  let failed = 0
  for (const [name, part] of chosen(only)) {
    const startedMs = performance.now()
    failed += await part({ usual, reporting })
    console.log(`-- ${name}: ${Math.round((performance.now() - startedMs) / 1_000)} s`)
  }
  console.log(failed === 0 ? 'all as the reference' : `${failed} differ`)
  return failed === 0 ? 0 : 1
}

function chosen(only: string | undefined): readonly (readonly [string, Part])[] {
  if (only === undefined) return Object.entries(PARTS)
  const part = PARTS[only] ?? BY_HAND[only]
  return part === undefined ? [[`cases with "${only}"`, namedCases(only)]] : [[only, part]]
}

function skipped(why: string): number {
  console.log(`SKIPPED: the comparison with the Chaos Toolkit: ${why}`)
  return 0
}

process.exitCode = await main(process.argv[2])
