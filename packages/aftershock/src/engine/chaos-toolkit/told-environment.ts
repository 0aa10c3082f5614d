/** Our environment, as somebody else was told it last. */
export type ToldEnvironment = {
  /** @returns all of it, K=V joined by NUL, when it is not what was told last */
  readonly changed: () => string | undefined
  /** The event loop had a turn: who knows what ran there. */
  readonly turned: () => void
}

let isOursAlone = true

/** Code that is not ours runs in this process, without a turn of the event loop: an extension in JavaScript. */
export function othersRunHere(): void {
  isOursAlone = false
}

/** Nothing of ours changes it during a run, and to look through it costs a tenth of a short process. */
export function toldEnvironment(): ToldEnvironment {
  let told: string | undefined
  let isDue = true
  return {
    changed: () => {
      if (!isDue && isOursAlone) return undefined
      isDue = false
      const now = variables(process.env)
      if (now === told) return undefined
      told = now
      return now
    },
    turned: () => {
      isDue = true
    },
  }
}

function variables(env: NodeJS.ProcessEnv): string {
  let text = ''
  for (const name in env) text += `${text === '' ? '' : '\0'}${name}=${env[name]}`
  return text
}
