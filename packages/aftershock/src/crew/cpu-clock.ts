/** ms of this thread's CPU since it was last asked; where Node does not tell that of a thread (before 23.9), ms gone by. */
export function cpuClock(): () => number {
  let last = threadMs()
  return () => {
    const now = threadMs()
    const ms = now - last
    last = now
    return ms
  }
}

function threadMs(): number {
  const { threadCpuUsage } = process as Partial<NodeJS.Process>
  if (threadCpuUsage === undefined) return performance.now()
  const { user, system } = threadCpuUsage.call(process)
  return (user + system) / 1000
}
