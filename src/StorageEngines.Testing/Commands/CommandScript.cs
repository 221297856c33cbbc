using System.Text;

namespace StorageEngines.Testing;

/// <summary>What a scripted command writes and how it ends.</summary>
public sealed record CommandScript
{
    /// <summary>What it writes to standard output. Default: nothing.</summary>
    public ReadOnlyMemory<byte> StandardOutput { get; init; }

    /// <summary>What it writes to standard error. Default: nothing.</summary>
    public string StandardError { get; init; } = "";

    /// <summary>Its exit code, 0 to 255. Default: 0.</summary>
    public int ExitCode { get; init; }

    /// <summary>Makes a script that writes text, encoded as UTF-8, and succeeds.</summary>
    /// <param name="standardOutput">The text.</param>
    /// <returns>The script.</returns>
    public static CommandScript Output(string standardOutput) => new() { StandardOutput = Encoding.UTF8.GetBytes(standardOutput) };

    /// <summary>Makes a script that fails.</summary>
    /// <param name="exitCode">The exit code, 1 to 255.</param>
    /// <param name="standardError">What it says.</param>
    /// <returns>The script.</returns>
    public static CommandScript Failure(int exitCode, string standardError) => new() { ExitCode = exitCode, StandardError = standardError };
}
