import type { Choose } from './choose.ts'

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }
export type World = { readonly c: Choose; readonly url: string }

/** JSON that keeps the spelling of its numbers, until the whole is written. */
export const raw = (text: string): Json => ({ $json: text })
