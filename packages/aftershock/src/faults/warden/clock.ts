/** The clock counts whole milliseconds, so now is somewhere between these two (ns since epoch). */
export function notBeforeNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}

export function notAfterNs(): bigint {
  return BigInt(Date.now() + 1) * 1_000_000n
}
