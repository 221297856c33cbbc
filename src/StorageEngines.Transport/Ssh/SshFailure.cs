namespace StorageEngines.Transport;

/// <summary>Turns the client's own failures into errors. The client's exit code for all of them is 255, so its words have to tell them apart.</summary>
internal static class SshFailure
{
    /// <summary>Recognizes a failure. The texts are those of OpenSSH 9.2 and were seen in the tests of this project.</summary>
    /// <param name="host">The host, for the message.</param>
    /// <param name="operation">What was being done.</param>
    /// <param name="words">What the client wrote to standard error.</param>
    /// <param name="started">True if the remote command had been started, so that what it did is not known.</param>
    /// <returns>The error.</returns>
    public static StorageCommandException Recognize(string host, string operation, string words, bool started)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = words switch
        {
            _ when Has(words, "REMOTE HOST IDENTIFICATION HAS CHANGED") => (EngineStatus.Unauthenticated, EngineReason.HostNotTrusted, Recovery.OperatorAction,
                "its key is not the known one: find out why before you replace the known key"),
            _ when Has(words, "Host key verification failed") || Has(words, "host key is known") => (EngineStatus.Unauthenticated, EngineReason.HostNotTrusted, Recovery.OperatorAction,
                "its key is not known: check it and add it to the file of known hosts (ssh-keyscan prints it)"),
            _ when Has(words, "Permission denied") || Has(words, "Too many authentication failures") => (EngineStatus.Unauthenticated, EngineReason.None, Recovery.OperatorAction,
                "it refused the login: check user and key (ssh-add -l lists the agent's keys)"),
            _ when Has(words, "Could not resolve hostname") => (EngineStatus.NotFound, EngineReason.ConnectionLost, Recovery.FixRequest, "its name is not known: check the spelling"),
            _ => (EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff,
                started ? "the connection was lost: what came so far is not the whole" : "it could not be reached: check that it is up and that sshd listens"),
        };
        return new StorageCommandException(status, reason, recovery, $"SSH to {host}: {advice}. {(words.Length == 0 ? "" : $"ssh said: {words}")}".TrimEnd())
        {
            Host = host,
            Operation = operation,
            StandardErrorTail = words,
            OutcomeUnknown = started,
            BackendText = words,
        };
    }

    private static bool Has(string words, string text) => words.Contains(text, StringComparison.OrdinalIgnoreCase);
}
