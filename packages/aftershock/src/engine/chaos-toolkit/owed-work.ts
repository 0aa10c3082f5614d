const owed: (() => void)[] = []
let isDue = false

/**
 * Work that nobody waits for: it is done while a process runs or a server answers, and no later than this turn of the
 * event loop ends, or the process does. In order; it must not throw.
 */
export function later(work: () => void): void {
  if (owed.length === 0 && !isDue) {
    isDue = true
    setImmediate(onTurn)
  }
  owed.push(work)
}

/** For whoever is about to wait without a turn of the event loop, or to end the process. */
export function settleOwed(): void {
  for (const work of owed.splice(0)) work()
}

function onTurn(): void {
  isDue = false
  settleOwed()
}

process.on('exit', settleOwed)
