/**
 * What the fault left behind goes on from it. After so many good requests, and so long, all was well again: what is bad
 * later has a cause of its own.
 */
export const WELL_AGAIN = { forNs: 2e9, surelyForNs: 10e9 } as const
