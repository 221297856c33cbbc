namespace StorageEngines.Transport;

/// <summary>The one connection that many commands share: a master client in the background, and a folder for its socket.</summary>
/// <remarks>Safe for use by several threads. The master ends by itself a minute after the last command, should this process die.</remarks>
internal sealed class SshConnection : IAsyncDisposable
{
    private readonly SshOptions _options;
    private readonly LocalCommandRunner _local;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private string? _folder;

    public SshConnection(SshOptions options, LocalCommandRunner local)
    {
        _options = options;
        _local = local;
    }

    /// <summary>The socket of the shared connection; empty before the first one.</summary>
    public string ControlPath { get; private set; } = "";

    /// <summary>Makes sure that the connection is there.</summary>
    /// <param name="host">The host, for messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageCommandException">The host cannot be reached, is not trusted, or refuses the login.</exception>
    public async Task EnsureAsync(string host, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The client's own way of telling that the master is gone is that it removed its socket.
            if (File.Exists(ControlPath))
            {
                return;
            }

            // A socket's path may be 107 bytes long and the client adds 17 to it while it makes one; hence a short name in the temporary folder.
            _folder ??= Directory.CreateTempSubdirectory("seng-").FullName;
            ControlPath = Path.Combine(_folder, "ssh");
            string log = Path.Combine(_folder, "log");
            List<CommandArgument> arguments = SshArguments.Common(_options, ControlPath);
            arguments.AddRange(["-M", "-N", "-f", "-E", log, "-o", "ControlPersist=60", "--", _options.Host]);
            CommandExit exit = await RunClientAsync(arguments, "connect", cancellationToken).ConfigureAwait(false);
            if (exit.ExitCode != 0)
            {
                string words = (File.Exists(log) ? await File.ReadAllTextAsync(log, cancellationToken).ConfigureAwait(false) : "") + exit.StandardErrorTail;
                throw SshFailure.Recognize(host, "connect", words.Trim(), started: false);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends the connection and removes the socket's folder.</summary>
    /// <returns>A task that ends when both are gone.</returns>
    public async ValueTask DisposeAsync()
    {
        if (File.Exists(ControlPath))
        {
            List<CommandArgument> arguments = SshArguments.Common(_options, ControlPath);
            arguments.AddRange(["-O", "exit", "--", _options.Host]);
            await RunClientAsync(arguments, "disconnect", CancellationToken.None).ConfigureAwait(false);
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }

        _gate.Dispose();
    }

    private async Task<CommandExit> RunClientAsync(List<CommandArgument> arguments, string operation, CancellationToken cancellationToken)
    {
        var request = new CommandRequest(_options.Program, arguments) { Operation = operation, SuccessExitCodes = [.. Enumerable.Range(0, 256)] };
        return (await _local.RunAsync(request, cancellationToken: cancellationToken).ConfigureAwait(false)).Exit;
    }
}
