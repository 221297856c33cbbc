using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;

namespace StorageEngines.Cli.Commands;

/// <summary><c>completion</c>: scripts that let a shell ask this tool for suggestions, through its <c>[suggest]</c> directive.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # storage-engines: put this into ~/.bashrc:  eval "$(storage-engines completion bash)"
        _storage_engines_complete() {
          local current="${COMP_WORDS[COMP_CWORD]}" IFS=$'\n'
          COMPREPLY=($(compgen -W "$(storage-engines "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$current"))
        }
        complete -o default -F _storage_engines_complete storage-engines
        """;

    private const string Zsh = """
        #compdef storage-engines
        # storage-engines: put this into ~/.zshrc:  eval "$(storage-engines completion zsh)"
        _storage_engines() {
          local -a found
          found=("${(@f)$(storage-engines "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; fi
          _files
        }
        compdef _storage_engines storage-engines
        """;

    private const string Fish = """
        # storage-engines: put this into ~/.config/fish/completions/storage-engines.fish
        complete -c storage-engines -a '(set -l line (commandline -cp); storage-engines "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null)'
        """;

    internal static Command Create(CliApplication application)
    {
        Argument<string> shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" }.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes this tool's commands and options in a shell") { shell };
        return application.Define(command, (session, _) =>
        {
            session.Output.Line(session.Get(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
