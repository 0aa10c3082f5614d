/**
 * What the network does to the bytes of one direction of one pod: shared by all its connections, as a
 * queueing discipline of the kernel is. A shaper says when bytes may go on; a held queue keeps them
 * until then, and keeps their order.
 */
export type Shaper = {
  /** The formula looks at pieces of this size; undefined: at each chunk as it was read. */
  readonly segmentBytes: number | undefined
  /** Held bytes of one connection, beyond which it is read no further (back-pressure). */
  readonly heldBytesMax: number
  /**
   * When a segment may go on: never before `arrivalMs`; Infinity: not while the fault is in force.
   *
   * @param bytes - 0 for the end of the stream (a FIN or RST)
   * @param following - segments behind it in the same burst
   */
  dueMs(bytes: number, arrivalMs: number, following: number): number
  /** What a new connection waits for its SYN or SYN-ACK in this direction; Infinity: for ever. */
  connectDelayMs(): number
  /** Whether the last segment met the fault although it was not late (a duplicate). */
  touchedUnseen?(): boolean
}

/** Payload of a full TCP segment on Ethernet: 1500 − 20 − 32. */
export const SEGMENT_BYTES = 1448
