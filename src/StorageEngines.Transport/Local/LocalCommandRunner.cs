namespace StorageEngines.Transport;

/// <summary>Runs commands on this machine, each in a session and process group of its own, so that ending one ends what it started too.</summary>
/// <param name="time">The clock; null for the system's.</param>
/// <remarks>
/// Safe for use by several threads. Without the program <c>setsid</c> (it comes with util-linux and busybox) a command shares this process's group,
/// and ending it ends the children that are still its own.
/// Implements: posix_spawn-like start by <see cref="System.Diagnostics.Process"/>; setsid(1), kill(2).
/// </remarks>
public sealed class LocalCommandRunner(TimeProvider? time = null) : ICommandRunner
{
    private static readonly string? SessionStarter = OperatingSystem.IsWindows() ? null : ProgramLookup.Find("setsid", "/usr/bin:/bin");

    /// <inheritdoc/>
    public string Host => "localhost";

    /// <inheritdoc/>
    public bool IsLocal => true;

    /// <inheritdoc/>
    public ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequestRules.Check(request);
        cancellationToken.ThrowIfCancellationRequested();
        string program = ProgramLookup.Find(request) ?? throw Missing(request);
        var start = new System.Diagnostics.ProcessStartInfo
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in request.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["LC_ALL"] = "C";
        ArgumentPassing.Fill(start, SessionStarter, program, request.Arguments);
        return new ValueTask<ICommandExecution>(Start(start, request, cancellationToken));
    }

    private LocalCommandExecution Start(System.Diagnostics.ProcessStartInfo start, CommandRequest request, CancellationToken cancellationToken)
    {
        var process = new System.Diagnostics.Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            process.Dispose();
            throw new StorageCommandException(
                EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"'{request.Program}' could not be started on {Host}: {e.Message}.", e)
            { Host = Host, Operation = request.Operation ?? request.Program };
        }

        return new LocalCommandExecution(process, request, ownGroup: SessionStarter is not null, time ?? TimeProvider.System, cancellationToken);
    }

    private StorageCommandException Missing(CommandRequest request) => new(
        EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
        $"'{request.Program}' is not installed on {Host}, or is not in the search path; install it.")
    { Host = Host, Operation = request.Operation ?? request.Program };
}
