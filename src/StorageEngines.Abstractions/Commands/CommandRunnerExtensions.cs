namespace StorageEngines;

/// <summary>Ways to run a command whose output is small.</summary>
public static class CommandRunnerExtensions
{
    /// <summary>Default bound on captured standard output: 16 MiB.</summary>
    public const int DefaultMaxOutputBytes = 16 * 1024 * 1024;

    /// <summary>Runs a command to its end and returns what it wrote to standard output.</summary>
    /// <param name="runner">The runner.</param>
    /// <param name="request">What to run.</param>
    /// <param name="maxOutputBytes">The most bytes of output to accept, in bytes, 1 to 2,147,483,591. Default: <see cref="DefaultMaxOutputBytes"/>.</param>
    /// <param name="cancellationToken">Ends the command and the wait for it.</param>
    /// <returns>The exit and the whole output.</returns>
    /// <exception cref="StorageCommandException">The command failed, wrote more than <paramref name="maxOutputBytes"/>, or its host was lost.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the command has ended.</exception>
    public static async Task<CommandResult> RunAsync(
        this ICommandRunner runner,
        CommandRequest request,
        int maxOutputBytes = DefaultMaxOutputBytes,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(runner);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxOutputBytes, 1);
        await using ICommandExecution execution = await runner.StartAsync(request, cancellationToken).ConfigureAwait(false);
        using var output = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await execution.StandardOutput.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (output.Length + read > maxOutputBytes)
            {
                throw new StorageCommandException(
                    EngineStatus.ResourceExhausted,
                    EngineReason.StreamCorrupt,
                    Recovery.OperatorAction,
                    $"'{request.Program}' on {runner.Host} wrote more than the {maxOutputBytes} bytes that were expected.")
                { Host = runner.Host };
            }

            output.Write(buffer, 0, read);
        }

        CommandExit exit = await execution.Completion.ConfigureAwait(false);
        return new CommandResult(exit, output.ToArray());
    }
}
