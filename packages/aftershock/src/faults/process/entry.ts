import { fileURLToPath } from 'node:url'

/** A script that runs as a process of its own, as TypeScript from source or as JavaScript when built. */
export function entryPath(name: string, besides: string): string {
  const extension = besides.endsWith('.ts') ? '.ts' : '.js'
  return fileURLToPath(new URL(name + extension, besides))
}
