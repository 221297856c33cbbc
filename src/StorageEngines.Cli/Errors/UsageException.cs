namespace StorageEngines.Cli.Errors;

/// <summary>The command line itself is wrong; exit code 2.</summary>
internal sealed class UsageException(string message, string? hint = null) : Exception(message)
{
    /// <summary>What to type instead, or null.</summary>
    internal string? Hint { get; } = hint;
}
