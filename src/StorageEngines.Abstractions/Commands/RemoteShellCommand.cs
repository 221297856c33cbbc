namespace StorageEngines;

/// <summary>A command line that leads to another host: <paramref name="Words"/>, then <paramref name="Host"/>, then what the host's login shell is to run.</summary>
/// <param name="Words">The program and its options.</param>
/// <param name="Host">The host, as the program takes it. It does not begin with <c>-</c>.</param>
public sealed record RemoteShellCommand(IReadOnlyList<CommandArgument> Words, string Host);
