import { TupleIds } from './tuple-ids.ts'

/** Numbers for short lists of numbers: the same list has the same, and 0 is the empty one. */
export class ListIds {
  readonly #ids = new TupleIds()

  /** The list that is `list` with one more at its end. */
  with(list: number, value: number): number {
    return this.#ids.id(list, value) + 1
  }

  valuesOf(list: number): readonly number[] {
    const values: number[] = []
    for (let at = list; at !== 0; at = this.#ids.part(at - 1, 0)) values.push(this.#ids.part(at - 1, 1))
    return values.reverse()
  }
}
