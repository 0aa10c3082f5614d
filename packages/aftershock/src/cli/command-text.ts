/** The command as it can be typed again into a shell: what a shell would read otherwise is quoted. */
export function commandText(argv: readonly string[]): string {
  return ['aftershock', ...argv.map(quoted)].join(' ')
}

/** With the seed that was drawn, so that typing it again repeats the choices left to chance. */
export function withSeed(command: string, seed: number): string {
  return /(^| )--seed[ =]/.test(command) ? command : `${command} --seed ${seed}`
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`
}
