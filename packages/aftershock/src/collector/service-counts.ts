import type { SpanTableBuilder } from '../model/span-table-builder.ts'

export type ServiceCount = {
  readonly service: string
  readonly spans: number
  /** Spans with status ERROR. */
  readonly errors: number
  /** End of its latest span, ns since the Unix epoch. */
  readonly latestNs: bigint
}

type Counter = { readonly service: string; spans: number; errors: number; latest: number }

/** Live counts for progress and `doctor`: who sends, how much, how recently. */
export class ServiceCounts {
  readonly #byService = new Map<string, Counter>()
  #byResource: Counter[] = []
  #epochNs = 0n

  /** Counts the rows from `firstRow` on. */
  count(builder: SpanTableBuilder, firstRow: number): void {
    this.#epochNs = builder.epochNs
    for (let id = this.#byResource.length; id < builder.resources.length; id++)
      this.#byResource.push(this.#counterOf(builder.resources[id]?.service ?? ''))
    const { resource, status, startNs, durationNs } = builder.columns
    for (let row = firstRow; row < builder.length; row++) {
      const counter = this.#byResource[resource[row] as number] as Counter
      counter.spans += 1
      if (status[row] === 2) counter.errors += 1
      const end = (startNs[row] as number) + (durationNs[row] as number)
      if (end > counter.latest) counter.latest = end
    }
  }

  /** Resources of a new builder have other ids. */
  forgetResources(): void {
    this.#byResource = []
  }

  list(): readonly ServiceCount[] {
    return [...this.#byService.values()]
      .map(({ service, spans, errors, latest }) => ({
        service,
        spans,
        errors,
        latestNs: this.#epochNs + BigInt(Math.round(Math.max(0, latest))),
      }))
      .sort((a, b) => b.spans - a.spans || a.service.localeCompare(b.service))
  }

  #counterOf(service: string): Counter {
    let counter = this.#byService.get(service)
    if (counter === undefined) {
      counter = { service, spans: 0, errors: 0, latest: 0 }
      this.#byService.set(service, counter)
    }
    return counter
  }
}
