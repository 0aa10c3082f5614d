/** How much of one span is read; what is beyond counts in `dropped.attributes`. SDKs stop at 128 each. */
export const SPAN_LIMITS = {
  attributesMax: 1024,
  eventsMax: 1024,
  linksMax: 1024,
  /** Arrays and maps within a value. */
  depthMax: 32,
} as const
