import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'

/** Receives spans of one resource; must not throw. */
export type OnSpans = (
  resourceAttributes: Readonly<Record<string, AttributeValue>>,
  spans: readonly SpanInput[],
) => void

const spansMax = 512
const delayMs = 500

/** Hands spans over in batches: when there are 512, or half a second after the first. */
export function spanBatch(
  resourceAttributes: Readonly<Record<string, AttributeValue>>,
  onSpans: OnSpans,
): { add(span: SpanInput): void; flush(): void } {
  let spans: SpanInput[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (spans.length === 0) return
    const full = spans
    spans = []
    onSpans(resourceAttributes, full)
  }
  return {
    add(span) {
      spans.push(span)
      if (spans.length >= spansMax) flush()
      else timer ??= setTimeout(flush, delayMs)
    },
    flush,
  }
}
