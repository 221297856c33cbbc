namespace StorageEngines;

/// <summary>A finished command together with everything it wrote to standard output.</summary>
/// <param name="Exit">How it ended.</param>
/// <param name="StandardOutput">Its whole standard output.</param>
public sealed record CommandResult(CommandExit Exit, ReadOnlyMemory<byte> StandardOutput);
