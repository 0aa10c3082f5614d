/** What is to be done at the end, last first, whatever fails in between. Node 22 has no `AsyncDisposableStack`. */
export class Deferred implements AsyncDisposable {
  readonly #tasks: (() => unknown)[] = []

  defer(task: () => unknown): void {
    this.#tasks.push(task)
  }

  /** @throws what a task threw, once all are done; of several the first */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = []
    for (const task of this.#tasks.splice(0).reverse()) {
      try {
        await task()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}
