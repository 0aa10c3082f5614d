import { cFunction } from '../engine/chaos-toolkit/c-library.ts'

/** `M_MMAP_THRESHOLD` of mallopt(3). */
const MMAP_THRESHOLD = -3
/** Its first value. Unless it is set, it grows with the largest block that was ever given back, up to 32 MB. */
const BLOCK_BYTES_MIN = 131_072

/**
 * Large blocks go back to the system when they are free, from now on: the C library would keep up to 64 MB of them for
 * each thread, whatever reading had left there. Does nothing where there is no such setting (musl, macOS, Windows).
 */
export function giveMemoryBack(): void {
  cFunction('int mallopt(int parameter, int value)')?.(MMAP_THRESHOLD, BLOCK_BYTES_MIN)
}
