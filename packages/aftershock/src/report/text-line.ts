export type Style = 'good' | 'bad' | 'warn' | 'fault' | 'strong' | 'faint'

/** A line as plain pieces with styles; width and signs are settled before the styler sees it. */
export type Piece = string | { readonly style: Style; readonly text: string }
export type Line = readonly Piece[]

export function faint(text: string): Piece {
  return { style: 'faint', text }
}

export function plural(count: number, noun: string): string {
  return `${count.toString().replace(/\B(?=(\d{3})+$)/g, ',')} ${noun}${count === 1 ? '' : 's'}`
}
