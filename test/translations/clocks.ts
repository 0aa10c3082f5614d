import { luckOf } from '../../packages/aftershock/src/analysis/test-support/luck.ts'
import type { Said } from './said.ts'

/** Each instance's clock is off by up to a second. */
export function skewed(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => {
    const offNs = BigInt(Math.round((luckOf(5, said.pod) - 0.5) * 2e9))
    const { span } = said
    const events = span.events?.map((event) => ({ ...event, timeNs: event.timeNs + offNs }))
    return { ...said, span: { ...span, startNs: span.startNs + offNs, endNs: span.endNs + offNs, events } }
  })
}

/** Times in whole milliseconds: what took less than one took none, and what followed at once began at once. */
export function inMilliseconds(spans: readonly Said[]): readonly Said[] {
  const cut = (ns: bigint): bigint => ns - (ns % 1_000_000n)
  return spans.map((said) => ({
    ...said,
    span: { ...said.span, startNs: cut(said.span.startNs), endNs: cut(said.span.endNs) },
  }))
}
