using System.Globalization;

namespace StorageEngines.Transport;

/// <summary>A command running on another host: a local client, whose own end is told apart from the command's.</summary>
internal sealed class SshCommandExecution : ICommandExecution
{
    private readonly ICommandExecution _client;
    private readonly CommandRequest _request;
    private readonly FramedInputStream _input;
    private readonly string _mark;
    private readonly string _host;
    private readonly CancellationToken _cancellationToken;
    private readonly SemaphoreSlim _sessions;
    private int _disposed;

    public SshCommandExecution(
        ICommandExecution client, CommandRequest request, FramedInputStream input, string mark, string host, CancellationToken cancellationToken, SemaphoreSlim sessions)
    {
        _client = client;
        _request = request;
        _input = input;
        _mark = mark;
        _host = host;
        _cancellationToken = cancellationToken;
        _sessions = sessions;
        Completion = CompleteAsync();
        StandardOutput = new CommandOutputStream(client.StandardOutput, VerifyEndAsync, ThrowIfStopped);
    }

    /// <inheritdoc/>
    public Stream StandardOutput { get; }

    /// <inheritdoc/>
    public Task<CommandExit> Completion { get; }

    private string Operation => _request.Operation ?? _request.Program;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        // The local client's end closes the channel; the script on the other side sees the end of its input and ends the command.
        await _client.DisposeAsync().ConfigureAwait(false);
        _input.Finish();
        _sessions.Release();
    }

    private async Task<CommandExit> CompleteAsync()
    {
        CommandExit client;
        try
        {
            client = await _client.Completion.ConfigureAwait(false);
        }
        finally
        {
            _input.Finish();
        }

        string? exit = RemoteScript.FindExit(client.StandardErrorTail, _mark, out string words);
        _cancellationToken.ThrowIfCancellationRequested();
        if (exit is null || client.ExitCode != 0)
        {
            throw SshFailure.Recognize(_host, Operation, words, started: true);
        }

        if (exit == RemoteScript.MissingProgram)
        {
            throw new StorageCommandException(
                EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"'{_request.Program}' is not installed on {_host}, or is not in the search path of {_host}'s login; install it there.")
            { Host = _host, Operation = Operation };
        }

        long bytes = Math.Max(0, client.StandardErrorBytes - _mark.Length - exit.Length - "\n\u0001 \n".Length);
        return new CommandExit(int.Parse(exit, CultureInfo.InvariantCulture), words, bytes, client.Elapsed);
    }

    private async Task VerifyEndAsync()
    {
        CommandExit exit = await Completion.ConfigureAwait(false);
        if (!_request.SuccessExitCodes.Contains(exit.ExitCode))
        {
            string words = exit.StandardErrorTail.Length == 0 ? "it gave no reason." : exit.StandardErrorTail;
            throw new StorageCommandException(
                EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, $"'{_request.Program}' on {_host} failed with exit code {exit.ExitCode}: {words}")
            { Host = _host, Operation = Operation, ExitCode = exit.ExitCode, StandardErrorTail = exit.StandardErrorTail };
        }
    }

    private void ThrowIfStopped()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, typeof(ICommandExecution));
    }
}
