namespace StorageEngines;

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">The code that the command itself returned, 0 to 255; 128 + n if signal n ended it.</param>
/// <param name="StandardErrorTail">The end of what it wrote to standard error, at most <see cref="CommandRequest.MaxStandardErrorBytes"/>, secrets redacted.</param>
/// <param name="StandardErrorBytes">How many bytes it wrote to standard error in all.</param>
/// <param name="Elapsed">Time from start to end.</param>
public sealed record CommandExit(int ExitCode, string StandardErrorTail, long StandardErrorBytes, TimeSpan Elapsed);
