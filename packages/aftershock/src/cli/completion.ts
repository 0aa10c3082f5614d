import type { Command } from 'commander'
import { ProblemError } from '../model/problem.ts'
import type { CommandContext } from './command-module.ts'

export function build(command: Command, context: CommandContext): void {
  command.argument('<shell>', 'bash, zsh, fish or pwsh').action((shell: string) => {
    const script = scripts[shell]
    if (script === undefined) {
      throw new ProblemError([
        {
          code: 'completion-shell',
          what: 'Cannot write the completion',
          why: `the shell is one of bash, zsh, fish, pwsh: current value is ${shell}`,
          fix: 'aftershock completion bash >> ~/.bashrc',
        },
      ])
    }
    context.io().out.write(script)
  })
}

/** Each asks the hidden \`__complete\` for the words that fit. */
const scripts: Readonly<Record<string, string>> = {
  bash: `_aftershock() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(aftershock __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _aftershock aftershock
`,
  zsh: `#compdef aftershock
_aftershock() {
  local -a words_found
  words_found=("\${(@f)$(aftershock __complete -- "\${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  compadd -a words_found
  _files
}
compdef _aftershock aftershock
`,
  fish: `complete -c aftershock -a '(aftershock __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
  pwsh: `Register-ArgumentCompleter -Native -CommandName aftershock -ScriptBlock {
  param($word, $ast, $position)
  $words = $ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" }
  aftershock __complete -- @words | Where-Object { $_ -like "$word*" } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`,
}
