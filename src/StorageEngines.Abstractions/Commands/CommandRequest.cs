namespace StorageEngines;

/// <summary>A command to run on the host that an engine was given: a program and an argument list, never a shell line.</summary>
/// <param name="Program">The program's name (looked up in the host's search path) or absolute path.</param>
/// <param name="Arguments">The arguments, without the program's own name.</param>
/// <remarks>Immutable but for the stream it names. Secrets must not be among the arguments: other users of the host can read them.</remarks>
public sealed record CommandRequest(string Program, IReadOnlyList<CommandArgument> Arguments)
{
    /// <summary>Default of <see cref="MaxStandardErrorBytes"/>: 65,536 bytes.</summary>
    public const int DefaultMaxStandardErrorBytes = 64 * 1024;

    /// <summary>Bytes for the command's standard input, read to their end and then closed. Default: null, an input that is at its end from the start.</summary>
    public Stream? StandardInput { get; init; }

    /// <summary>Variables added to the command's environment. Default: none. The runner itself sets <c>LC_ALL=C</c>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = EmptyEnvironment;

    /// <summary>Exit codes that mean success. Default: 0 alone. Any other ends the reading of the output with a <see cref="StorageCommandException"/>.</summary>
    public IReadOnlyList<int> SuccessExitCodes { get; init; } = ZeroOnly;

    /// <summary>How many bytes of the end of standard error are kept, in bytes. Range: 0 to 16 MiB. Default: <see cref="DefaultMaxStandardErrorBytes"/>.</summary>
    public int MaxStandardErrorBytes { get; init; } = DefaultMaxStandardErrorBytes;

    /// <summary>What the engine was doing, for messages and traces, e.g. <c>list snapshots</c>. Default: the program's name.</summary>
    public string? Operation { get; init; }

    private static IReadOnlyDictionary<string, string> EmptyEnvironment { get; } = new Dictionary<string, string>();

    private static IReadOnlyList<int> ZeroOnly { get; } = [0];
}
