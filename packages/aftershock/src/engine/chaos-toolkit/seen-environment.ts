let isOursAlone = true

/** Code that is not ours runs in this process: an extension in JavaScript. */
export function othersRunHere(): void {
  isOursAlone = false
}

/**
 * Our environment with variables of a process's own, K=V each, then null.
 * Nothing of ours changes it during a run, and to look through it costs a tenth of a short process: it is done once,
 * and again for others' names.
 */
export function seenEnvironment(): (own: Readonly<Record<string, string>>) => readonly (string | null)[] {
  let seen: readonly string[] = []
  let seenWithout: string | undefined
  return (own) => {
    const names = Object.keys(own)
    const without = names.join('=')
    if (without !== seenWithout || !isOursAlone) {
      seen = variables(process.env, own)
      seenWithout = without
    }
    return [...seen, ...names.map((name) => `${name}=${own[name]}`), null]
  }
}

function variables(env: NodeJS.ProcessEnv, own: Readonly<Record<string, string>>): readonly string[] {
  const found: string[] = []
  for (const name in env) if (!Object.hasOwn(own, name)) found.push(`${name}=${env[name]}`)
  return found
}
