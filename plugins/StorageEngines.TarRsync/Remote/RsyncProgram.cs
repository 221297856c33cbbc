namespace StorageEngines.TarRsync.Remote;

/// <summary>Runs the program rsync of this machine against another one. Safe for use by several threads.</summary>
internal sealed class RsyncProgram(RsyncHost host)
{
    /// <summary>The other machine.</summary>
    internal RsyncHost Host => host;

    /// <summary>Looks what is at a path there.</summary>
    /// <returns>Its kind, and the size of a file.</returns>
    /// <exception cref="VolumeNotFoundException">Nothing is there.</exception>
    /// <exception cref="StorageEngineException">It is neither a directory nor a file, or the machine cannot be asked.</exception>
    internal async Task<(VolumeKind Kind, long? SizeBytes)> LookAsync(BytePath location, CancellationToken cancellationToken)
    {
        BytePath name = location.Name;
        if (name.IsRoot)
        {
            return (VolumeKind.Tree, null); // The root of everything is always there.
        }

        string? line = null;
        RsyncOutput Output() => new() { OnLine = text => line ??= text };
        RemoteShellCommand shell = await host.Shell.OpenAsync(cancellationToken).ConfigureAwait(false);
        CommandExit exit = await RunAsync(RsyncArguments.LookAtDirectory(shell, location), Output(), null, cancellationToken).ConfigureAwait(false);
        if (RsyncFailure.IsMissing(exit, directory: true))
        {
            exit = await AskAsync(RsyncArguments.LookAtName(shell, location.Parent), Output, name, cancellationToken).ConfigureAwait(false);
        }

        if (exit.ExitCode != 0)
        {
            throw RsyncFailure.IsMissing(exit, directory: true) || RsyncFailure.IsMissing(exit, directory: false)
                ? new VolumeNotFoundException($"{host.Name}:{location}")
                : RsyncFailure.From(exit, host.Name, $"look at '{location}'");
        }

        return line?[0] switch
        {
            'd' => (VolumeKind.Tree, null),
            '-' => (VolumeKind.Block, ParseSize(line)),
            _ => throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest,
                $"'{location}' on {host.Name} is neither a directory nor an image file; give one of these. A block device there cannot be pulled by rsync.")
            { Engine = TarRsyncEngineFactory.SchemeName, Operation = "resolve volume" },
        };
    }

    /// <summary>Runs rsync to its end for something that writes nothing.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="output">Makes what takes its output; called a second time if the first one is not to be used.</param>
    /// <param name="name">The one name for <c>--files-from=-</c>, or null.</param>
    /// <param name="cancellationToken">Ends it, here and there.</param>
    internal async Task<CommandExit> AskAsync(
        IReadOnlyList<CommandArgument> arguments, Func<RsyncOutput> output, BytePath? name, CancellationToken cancellationToken)
    {
        CommandExit exit = await RunAsync(arguments, output(), name, cancellationToken).ConfigureAwait(false);
        return RsyncFailure.IsUnrequested(exit)
            ? await RunAsync([RsyncArguments.TrustSender, .. arguments], output(), name, cancellationToken).ConfigureAwait(false)
            : exit;
    }

    /// <summary>Runs rsync to its end, whatever that is.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="output">Takes what it prints.</param>
    /// <param name="name">The one name for <c>--files-from=-</c>, or null.</param>
    /// <param name="cancellationToken">Ends it, here and there.</param>
    /// <exception cref="StorageCommandException">There is no rsync here.</exception>
    internal async Task<CommandExit> RunAsync(
        IReadOnlyList<CommandArgument> arguments, RsyncOutput output, BytePath? name, CancellationToken cancellationToken)
    {
        using var input = new MemoryStream(name is { } one ? [.. "./"u8, .. one.Span, 0] : []);
        var request = new CommandRequest("rsync", arguments)
        {
            Operation = "pull",
            StandardInput = name is null ? null : input,
            SuccessExitCodes = [.. Enumerable.Range(0, 256)],
            Environment = OwnSettings,
        };
        await using ICommandExecution execution = await host.Shell.Local.StartAsync(request, cancellationToken).ConfigureAwait(false);
        await output.ReadAsync(execution.StandardOutput, cancellationToken).ConfigureAwait(false);
        return await execution.Completion.ConfigureAwait(false);
    }

    // The user's own settings for rsync must not change what is pulled, or how.
    private static Dictionary<string, string> OwnSettings { get; } = new()
    {
        ["RSYNC_PARTIAL_DIR"] = "",
        ["RSYNC_OLD_ARGS"] = "0",
        ["RSYNC_ICONV"] = "",
    };

    private static long? ParseSize(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 && long.TryParse(words[1], out long size) && size >= 0 ? size : null;
    }
}
