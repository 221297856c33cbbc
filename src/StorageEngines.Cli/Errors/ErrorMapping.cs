namespace StorageEngines.Cli.Errors;

/// <summary>Maps what was thrown to an exit code and to words.</summary>
internal static class ErrorMapping
{
    private const int NoEntry = 2;
    private const int Exists = 17;
    private const int NoSpaceLeft = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int Pipe = 32;
    private const int Quota = 122;
    private const int Access = 13;
    private const int NotPermitted = 1;
    private const int IsDirectory = 21;
    private const int NameTooLong = 36;

    internal static CliError Map(Exception error, bool verbose)
    {
        CliError mapped = error switch
        {
            UsageException usage => new CliError(ExitCode.Usage, "InvalidArgument", "None", "FixRequest", usage.Message, usage.Hint),
            DeclinedException => new CliError(ExitCode.Declined, nameof(EngineStatus.Cancelled), nameof(EngineReason.None), nameof(Recovery.FixRequest), error.Message, "--yes answers beforehand"),
            StorageEngineException engine => FromEngine(engine),
            OperationCanceledException => new CliError(ExitCode.Interrupted, "Cancelled", "None", "Retry", "interrupted", "what was begun has been cleaned up"),
            UnauthorizedAccessException => Plain(ExitCode.Denied, EngineStatus.PermissionDenied, Recovery.OperatorAction, error, "check the rights, or run as a user who has them"),
            FileNotFoundException or DirectoryNotFoundException =>
                Plain(ExitCode.NotFound, EngineStatus.NotFound, Recovery.FixRequest, error, "check the path"),
            IOException io => FromIo(io),
            FormatException or ArgumentException => Plain(ExitCode.BadRequest, EngineStatus.InvalidArgument, Recovery.FixRequest, error, null) with { Message = WithoutParameter(error) },
            NotSupportedException => Plain(ExitCode.NotSupported, EngineStatus.Unimplemented, Recovery.FixRequest, error, null),
            _ => new CliError(
                ExitCode.Bug, nameof(EngineStatus.Internal), nameof(EngineReason.None), nameof(Recovery.OperatorAction),
                $"{error.GetType().Name}: {error.Message}", "this is a bug: run again with --verbose and report what it prints"),
        };
        return verbose ? mapped with { Detail = error.ToString() } : mapped;
    }

    /// <summary>True if whoever read our output has gone away.</summary>
    internal static bool IsBrokenPipe(Exception error) => error is IOException { HResult: Pipe };

    // One cause has one code, whichever status an engine gives it.
    private static int ExitCodeOf(StorageEngineException error) => error.Reason switch
    {
        EngineReason.ReadOnly => ExitCode.Denied,
        EngineReason.FormatTooNew => ExitCode.WrongState,
        _ => ExitCodeOf(error.Status, error.Recovery),
    };

    private static int ExitCodeOf(EngineStatus status, Recovery recovery) => recovery == Recovery.TakeFull
        ? ExitCode.TakeFull
        : status switch
        {
            EngineStatus.Cancelled => ExitCode.Interrupted,
            EngineStatus.NotFound => ExitCode.NotFound,
            EngineStatus.AlreadyExists => ExitCode.AlreadyExists,
            EngineStatus.PermissionDenied or EngineStatus.Unauthenticated => ExitCode.Denied,
            EngineStatus.ResourceExhausted => ExitCode.NoSpace,
            EngineStatus.FailedPrecondition => ExitCode.WrongState,
            EngineStatus.Aborted or EngineStatus.Unavailable or EngineStatus.DeadlineExceeded => ExitCode.TryAgain,
            EngineStatus.Unimplemented => ExitCode.NotSupported,
            EngineStatus.DataLoss => ExitCode.DataLoss,
            EngineStatus.InvalidArgument or EngineStatus.OutOfRange => ExitCode.BadRequest,
            EngineStatus.Internal => ExitCode.Bug,
            _ => ExitCode.Failed,
        };

    private static CliError FromEngine(StorageEngineException error) => new(
        ExitCodeOf(error), error.Status.ToString(), error.Reason.ToString(), error.Recovery.ToString(), error.Message,
        error.OutcomeUnknown ? "it is not known whether the change happened: give the same command again" : Hints.For(error))
    {
        Engine = error.Engine,
        Operation = error.Operation,
        BackendCode = error.BackendCode,
        BackendText = error.BackendText,
        OutcomeUnknown = error.OutcomeUnknown,
    };

    private static CliError FromIo(IOException error) => error.HResult switch
    {
        NoEntry => Plain(ExitCode.NotFound, EngineStatus.NotFound, Recovery.FixRequest, error, "check the path"),
        Exists => Plain(ExitCode.AlreadyExists, EngineStatus.AlreadyExists, Recovery.FixRequest, error, "choose another name, or give --force"),
        NoSpaceLeft or Quota => Plain(ExitCode.NoSpace, EngineStatus.ResourceExhausted, Recovery.OperatorAction, error, "free some space or choose another place", EngineReason.NoSpace),
        ReadOnlyFileSystem => Plain(ExitCode.Denied, EngineStatus.PermissionDenied, Recovery.OperatorAction, error, "the place is mounted read-only: choose another one", EngineReason.ReadOnly),
        IsDirectory => Plain(ExitCode.BadRequest, EngineStatus.InvalidArgument, Recovery.FixRequest, error, "name a file"),
        Access or NotPermitted => Plain(ExitCode.Denied, EngineStatus.PermissionDenied, Recovery.OperatorAction, error, "check the rights, or run as a user who has them"),
        NameTooLong => Plain(ExitCode.BadRequest, EngineStatus.InvalidArgument, Recovery.FixRequest, error, "use a shorter path"),
        _ => Plain(ExitCode.Failed, EngineStatus.Unknown, Recovery.OperatorAction, error, null),
    };

    // What the runtime adds for programmers: the parameter's name, and a second line with the value.
    private static string WithoutParameter(Exception error)
    {
        string line = error.Message.Split('\n')[0].TrimEnd();
        string parameter = error is ArgumentException { ParamName: { } name } ? $" (Parameter '{name}')" : "";
        return parameter.Length > 0 && line.EndsWith(parameter, StringComparison.Ordinal) ? line[..^parameter.Length] : line;
    }

    private static CliError Plain(
        int exitCode, EngineStatus status, Recovery recovery, Exception error, string? hint, EngineReason reason = EngineReason.None)
        => new(exitCode, status.ToString(), reason.ToString(), recovery.ToString(), error.Message, hint);
}
