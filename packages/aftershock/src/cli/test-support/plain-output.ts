import type { Output } from '../io.ts'

/** An output that keeps what is written; without colours, 80 columns. */
export function plainOutput(about: Partial<Output> = {}): Output & { readonly text: () => string } {
  let text = ''
  return {
    write: (more) => {
      text += more
    },
    text: () => text,
    isTty: false,
    columns: 80,
    unicode: true,
    style: (_, one) => one,
    ...about,
  }
}
