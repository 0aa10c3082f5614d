/**
 * Runs the tasks two at a time, since a run mostly waits and the machine of a CI has two cores.
 *
 * @param task - is given its slot, 0 or 1, which no other task has at that time
 */
export async function twoAtATime<T, R>(
  items: readonly T[],
  task: (item: T, slot: number) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  await Promise.all(
    [0, 1].map(async (slot) => {
      for (let i = next++; i < items.length; i = next++) {
        const item = items[i]
        if (item !== undefined) results[i] = await task(item, slot)
      }
    }),
  )
  return results
}
