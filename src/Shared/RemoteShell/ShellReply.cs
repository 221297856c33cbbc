namespace StorageEngines.RemoteShells;

/// <summary>What came of a script.</summary>
/// <param name="Exit">Its exit code.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Errors">The first 4000 bytes of what it wrote to standard error, for people.</param>
internal sealed record ShellReply(int Exit, byte[] Output, string Errors);
