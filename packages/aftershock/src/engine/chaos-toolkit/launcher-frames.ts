/** How Node and `launcher.py` talk: kind (a letter), id and length (4 bytes each, big-endian), then that many bytes. */
export type Frame = { readonly kind: string; readonly id: number; readonly payload: Buffer }

const HEAD_BYTES = 9

export function frameOf(kind: string, id: number, text: string): Buffer {
  const length = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(HEAD_BYTES + length)
  frame.write(kind, 0, 'latin1')
  frame.writeUInt32BE(id, 1)
  frame.writeUInt32BE(length, 5)
  frame.write(text, HEAD_BYTES)
  return frame
}

/** @returns a reader of pieces as they come, however they are cut */
export function frameReader(onFrame: (frame: Frame) => void): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    let at = 0
    while (rest.length - at >= HEAD_BYTES) {
      const end = at + HEAD_BYTES + rest.readUInt32BE(at + 5)
      if (rest.length < end) break
      const kind = String.fromCharCode(rest[at] ?? 0)
      onFrame({ kind, id: rest.readUInt32BE(at + 1), payload: rest.subarray(at + HEAD_BYTES, end) })
      at = end
    }
    rest = rest.subarray(at)
  }
}
