import type { Scene } from './scene.ts'
import type { Service } from './world.ts'

/** How often a consumer that is down is looked at. */
const LOOK_MS = 20

type Waiting = { readonly trace: string; readonly sentMs: number; readonly take: (done: () => void) => void }

/** Messages of a pod that nobody has taken up yet, in the order they came. State outlives a call. */
export class Inbox {
  readonly #scene: Scene
  readonly #service: Service
  readonly #pod: string
  readonly #waiting: Waiting[] = []
  #taken = 0
  #looks = false

  constructor(scene: Scene, service: Service, pod: string) {
    this.#scene = scene
    this.#service = service
    this.#pod = pod
  }

  arrive(message: Waiting): void {
    this.#waiting.push(message)
    this.#takeUp()
  }

  #takeUp(): void {
    while (this.#taken < (this.#service.takes ?? Number.POSITIVE_INFINITY)) {
      if (this.#scene.isDown(this.#service, this.#pod)) {
        this.#lookAgain()
        return
      }
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#taken += 1
      this.#scene.messages.set(next.trace, this.#scene.agenda.nowMs - next.sentMs)
      next.take(() => {
        this.#taken -= 1
        this.#takeUp()
      })
    }
  }

  #lookAgain(): void {
    if (this.#looks) return
    this.#looks = true
    this.#scene.agenda.at(this.#scene.agenda.nowMs + LOOK_MS, () => {
      this.#looks = false
      this.#takeUp()
    })
  }
}
