using System.Diagnostics;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary>The completion scripts in the shells that they are for.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly CliProcess _cli = new();

    [Theory]
    [InlineData("storage-engines sn", "snapshot")]
    [InlineData("storage-engines snapshot cr", "create")]
    [InlineData("storage-engines changes --for", "--format")]
    [InlineData("storage-engines changes --format ", "borg csi json rbd table")]
    public async Task Bash_completes(string line, string found)
        => Assert.Equal(found, await CompleteAsync("bash", $$"""
            eval "$(storage-engines completion bash)"
            COMP_LINE={{Quote(line)}} COMP_POINT={{line.Length}}
            read -ra COMP_WORDS <<<"$COMP_LINE"
            [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _storage_engines_complete
            echo "${COMPREPLY[*]}"
            """));

    [Theory]
    [InlineData("storage-engines sn", "snapshot")]
    [InlineData("storage-engines snapshot cr", "create")]
    [InlineData("storage-engines changes --for", "--format")]
    public async Task Fish_completes(string line, string found)
        => Assert.Contains(found, await CompleteAsync("fish", $"storage-engines completion fish | source; complete -C {Quote(line)}"), StringComparison.Ordinal);

    // The completion system is bound to the line editor; what it would offer is caught where it is handed over.
    [Theory]
    [InlineData("storage-engines sn", "snapshot")]
    [InlineData("storage-engines snapshot cr", "create")]
    [InlineData("storage-engines changes --for", "--format")]
    public async Task Zsh_completes(string line, string found)
        => Assert.Contains(found, await CompleteAsync("zsh", $$"""
            autoload -Uz compinit && compinit -u -d "$TMPDIR/zcompdump"
            eval "$(storage-engines completion zsh)"
            [[ ${_comps[storage-engines]} == _storage_engines ]] || exit 1
            compadd() { print -r -- "${@[2,-1]}"; }
            _files() { : }
            BUFFER={{Quote(line)}} CURSOR={{line.Length}}
            _storage_engines
            """), StringComparison.Ordinal);

    public void Dispose() => _cli.Dispose();

    private static string Quote(string text) => $"'{text}'";

    private async Task<string> CompleteAsync(string shell, string script)
    {
        string? program = new[] { "/bin", "/usr/bin", "/usr/local/bin" }.Select(directory => Path.Combine(directory, shell)).FirstOrDefault(File.Exists);
        Assert.SkipUnless(program is not null, $"backend missing: {shell}: not installed");
        var start = new ProcessStartInfo(program!, shell == "zsh" ? ["-f", "-c", script] : ["-c", script])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _cli.Temporary,
        };
        start.Environment["PATH"] = $"{Path.GetDirectoryName(BuildPaths.Tool)}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = _cli.Directory;
        start.Environment["TMPDIR"] = _cli.Temporary;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        CliResult result = await CliProcess.EndAsync(process);
        return result.Expect(0).Output.TrimEnd('\n');
    }
}
