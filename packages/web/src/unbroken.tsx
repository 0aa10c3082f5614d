const QUANTITY = /(?<=^| )(\S*\d (?:m \d\d s|h \d\d m|%|µs|ms|s|KB|MB|GB|pt)(?![\w%])\S*)/

/** A text whose numbers stay with their units, whatever the width; its characters are unchanged. */
export function Unbroken({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(QUANTITY).map((part, i) =>
        i % 2 === 1 ? (
          <span class="together" key={String(i)}>
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </>
  )
}
