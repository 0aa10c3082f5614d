import { InvalidArgumentError } from 'commander'

/** A TCP port as text; 0 lets the system choose. @throws InvalidArgumentError */
export function portFlag(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return text
  throw new InvalidArgumentError('it must be a port, 0 to 65535.')
}
