// Not imported as a module: see http-call.ts.
const { isUtf8 } = process.getBuiltinModule('node:buffer')

/** What is kept of one stream; the rest is read and dropped, and the text says so. */
const STREAM_BYTES_MAX = 64 * 1024 * 1024

/** What a process writes to one of its streams, piece by piece. */
export type StreamText = {
  readonly push: (piece: Buffer) => void
  readonly text: () => string
}

export function streamText(): StreamText {
  const pieces: Buffer[] = []
  let bytes = 0
  let dropped = 0
  return {
    push: (piece) => {
      if (bytes >= STREAM_BYTES_MAX) dropped += piece.length
      else pieces.push(piece)
      bytes += piece.length
    },
    text: () => {
      if (bytes === 0) return ''
      return decoded(Buffer.concat(pieces)) + (dropped === 0 ? '' : `\n[${dropped} bytes left out]\n`)
    },
  }
}

/** UTF-8 where it is that; otherwise every byte is a character, so that nothing is lost. */
function decoded(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
}
