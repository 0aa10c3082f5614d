/**
 * A process of its own: takes memory (argument 2, bytes), writes to every page and keeps writing, so that
 * it stays resident. Sends `{ residentBytes }` once all is taken, then each second; ends when its parent is gone.
 */
const wantedBytes = Math.max(0, Number(process.argv[2]))

const BLOCK_BYTES = 16 * 1024 * 1024
const PAGE_BYTES = 4096

const blocks: Buffer[] = []
let takenBytes = 0
let round = 1

function take(): void {
  const bytes = Math.min(BLOCK_BYTES, wantedBytes - takenBytes)
  if (bytes <= 0) {
    report()
    setInterval(report, 1_000)
    setInterval(touch, 1_000)
    return
  }
  const block = Buffer.allocUnsafeSlow(bytes)
  // Pages that differ, or the kernel could merge or compress them away.
  for (let at = 0; at + 4 <= bytes; at += PAGE_BYTES) block.writeUInt32LE((takenBytes + at) >>> 0, at)
  blocks.push(block)
  takenBytes += bytes
  setImmediate(take)
}

function touch(): void {
  round = (round + 1) & 0xff
  for (const block of blocks) for (let at = 8; at < block.length; at += PAGE_BYTES) block[at] = round
}

function report(): void {
  process.send?.({ cpuMs: 0, residentBytes: process.memoryUsage.rss() })
}

process.once('disconnect', () => process.exit(0))
take()
