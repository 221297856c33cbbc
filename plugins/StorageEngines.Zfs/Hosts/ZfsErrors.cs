namespace StorageEngines.Zfs.Hosts;

/// <summary>
/// Makes of a failed command's words an error that names the thing and says what to do. OpenZFS has few exit codes (1 nearly always), so that the words in the C locale are all there is;
/// <see cref="ZfsErrorRules"/> has them.
/// </summary>
internal static class ZfsErrors
{
    /// <summary>The error for a failed command.</summary>
    /// <param name="operation">What it was for, e.g. <c>create snapshot</c>.</param>
    /// <param name="subject">The thing that it was about, e.g. <c>tank/vm@monday</c>.</param>
    /// <param name="exitCode">Its exit code.</param>
    /// <param name="standardError">What it wrote to standard error.</param>
    /// <param name="host">Where it ran.</param>
    internal static StorageEngineException Recognise(string operation, string subject, int exitCode, string standardError, string host)
    {
        var failure = new ZfsFailure(operation, subject, exitCode, standardError, host);
        if (exitCode == ZfsShellFunctions.Missing)
        {
            return new StorageCommandException(EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"'zfs' is not installed on {host}, or is not in the search path of its login; install OpenZFS (Debian: zfsutils-linux).")
            { Engine = ZfsEngineFactory.SchemeName, Operation = operation, Host = host, ExitCode = exitCode, StandardErrorTail = standardError };
        }

        foreach (ZfsErrorRule rule in ZfsErrorRules.All)
        {
            if (standardError.Contains(rule.Text, StringComparison.Ordinal))
            {
                return rule.Make?.Invoke(failure, rule) ?? Command(failure, rule);
            }
        }

        string said = standardError.Trim();
        return new StorageCommandException(EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction,
            $"Cannot {operation} '{subject}' on {host}: exit code {exitCode}{(said.Length > 0 ? $": {said}" : ", without a word")}.")
        { Engine = ZfsEngineFactory.SchemeName, Operation = operation, Host = host, ExitCode = exitCode, StandardErrorTail = standardError, BackendText = said };
    }

    /// <summary>A request that cannot be met with this volume or place.</summary>
    internal static StorageEngineException NotSupported(EngineStatus status, string operation, string message)
        => new(status, EngineReason.NotSupported, Recovery.FixRequest, message) { Engine = ZfsEngineFactory.SchemeName, Operation = operation };

    /// <summary>The error with the command's exit code and text.</summary>
    internal static StorageCommandException Command(ZfsFailure failure, ZfsErrorRule rule)
        => new(rule.Status, rule.Reason, rule.Recovery, Message(failure, rule))
        {
            Engine = ZfsEngineFactory.SchemeName,
            Operation = failure.Operation,
            Host = failure.Host,
            ExitCode = failure.ExitCode,
            StandardErrorTail = failure.Text,
            BackendText = failure.LineWith(rule.Text),
        };

    /// <summary>What happened, to what, and what to do about it.</summary>
    internal static string Message(ZfsFailure failure, ZfsErrorRule rule)
        => $"Cannot {failure.Operation} '{failure.Subject}' on {failure.Host}: {rule.Advice}. (It said: {failure.LineWith(rule.Text)})";
}
