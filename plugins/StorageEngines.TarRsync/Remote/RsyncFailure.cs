namespace StorageEngines.TarRsync.Remote;

/// <summary>Turns rsync's exit codes into errors. The texts are those of rsync 3.5.0 and were seen in the tests of this project.</summary>
internal static class RsyncFailure
{
    /// <summary>Files vanished while rsync was at it; the rest is there.</summary>
    internal const int Vanished = 24;

    /// <summary>Some files could not be transferred.</summary>
    private const int Partial = 23;

    /// <summary>Whether the words say that the volume itself is not there.</summary>
    internal static bool IsMissing(CommandExit exit, bool directory)
        => exit.ExitCode is Partial or 3 or 12 && Has(exit, directory ? "change_dir " : "link_stat ") && (Has(exit, "No such file or directory") || Has(exit, "Not a directory"));

    /// <summary>Whether rsync here took a name that the other side sent for another one than it had asked for; see <see cref="RsyncArguments.TrustSender"/>.</summary>
    internal static bool IsUnrequested(CommandExit exit) => exit.ExitCode != 0 && Has(exit, "rejecting unrequested file-list name");

    /// <summary>The error for an exit code other than 0.</summary>
    /// <param name="exit">How rsync ended.</param>
    /// <param name="host">The other machine, for the message.</param>
    /// <param name="what">What was to be done, e.g. <c>pull '/srv'</c>.</param>
    internal static StorageCommandException From(CommandExit exit, string host, string what)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = Recognize(exit, host);
        string words = exit.StandardErrorTail.Length == 0 ? "it gave no reason" : FirstLines(exit.StandardErrorTail);
        return new StorageCommandException(status, reason, recovery, $"rsync could not {what} from {host}: {advice}. It ended with code {exit.ExitCode}: {words}")
        {
            Engine = TarRsyncEngineFactory.SchemeName,
            Operation = "pull",
            Host = host,
            ExitCode = exit.ExitCode,
            StandardErrorTail = exit.StandardErrorTail,
            BackendText = exit.StandardErrorTail,
        };
    }

    private static (EngineStatus Status, EngineReason Reason, Recovery Recovery, string Advice) Recognize(CommandExit exit, string host) => exit.ExitCode switch
    {
        _ when exit.ExitCode is 126 or 127 || Has(exit, "command not found") || Has(exit, "rsync: not found")
            => (EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"the program rsync is not installed on {host}, or is not in the search path of its login; install the package 'rsync' there"),
        _ when Has(exit, "No space left on device") || Has(exit, "Disk quota exceeded")
            => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                "no space is left for the staging copy in the store; make room and try again, what came so far is kept"),
        1 or 4 => (EngineStatus.FailedPrecondition, EngineReason.ToolVersion, Recovery.OperatorAction,
            $"one of the two programs cannot do what is asked; install rsync 3.1.3 or newer here and on {host}, with access control lists and extended attributes"),
        2 => (EngineStatus.FailedPrecondition, EngineReason.ToolVersion, Recovery.OperatorAction,
            "the two programs do not understand each other; look whether the login prints something, and which versions they are"),
        10 or 12 or 30 or 35 or 255 => (EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff,
            "the connection was lost or stalled; try again, the transfer goes on from where it was"),
        Partial when Has(exit, "Permission denied") => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction,
            "something may not be read there; log in as a user who may, or as root"),
        _ => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, "see what it said"),
    };

    private static bool Has(CommandExit exit, string text) => exit.StandardErrorTail.Contains(text, StringComparison.Ordinal);

    private static string FirstLines(string words)
    {
        string[] lines = words.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        const int Most = 4;
        return string.Join(" / ", lines.Take(Most)) + (lines.Length > Most ? $" / and {lines.Length - Most} more lines" : "");
    }
}
