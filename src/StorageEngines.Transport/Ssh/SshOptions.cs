namespace StorageEngines.Transport;

/// <summary>How to reach a host over OpenSSH.</summary>
/// <param name="Host">The host's name, address, or alias in the configuration file. It must not begin with <c>-</c>.</param>
public sealed record SshOptions(string Host)
{
    /// <summary>The user on the host. Default: null, as the configuration file or the system says.</summary>
    public string? User { get; init; }

    /// <summary>The port, 1 to 65535. Default: null, as the configuration file says, else 22.</summary>
    public int? Port { get; init; }

    /// <summary>A private key's file; then no other key is tried. Default: null, the agent and the configuration file decide.</summary>
    public string? IdentityFile { get; init; }

    /// <summary>The file with the keys of known hosts. Default: null, the user's own.</summary>
    public string? KnownHostsFile { get; init; }

    /// <summary>The client's configuration file, or <c>none</c> for no file at all. Default: null, the user's own.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>The ssh program. Default: <c>ssh</c>.</summary>
    public string Program { get; init; } = "ssh";

    /// <summary>The most commands at once over the one connection; more wait. Range: 1 to 10, the limit that servers have by default. Default: 8.</summary>
    public int MaxSessions { get; init; } = 8;

    /// <summary>How long to wait for the connection. Range: 1 s to 1 h, whole seconds. Default: 15 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>After how long without an answer the host is asked whether it is alive. Range: 1 s to 1 h, whole seconds. Default: 5 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After how many such questions without an answer the connection counts as lost. Range: 1 to 100. Default: 3, so 15 s in all.</summary>
    public int KeepAliveCount { get; init; } = 3;

    /// <summary>Throws if something is out of range.</summary>
    /// <exception cref="ArgumentException">The message names what.</exception>
    internal void Validate()
    {
        Require(Host.Length > 0 && Host[0] != '-' && !Host.Any(char.IsWhiteSpace), nameof(Host), "is not empty, has no blanks and does not begin with '-'");
        Require(User is null || (User.Length > 0 && User[0] != '-'), nameof(User), "is not empty and does not begin with '-'");
        Require(Port is null or (> 0 and < 65536), nameof(Port), "is 1 to 65535");
        Require(MaxSessions is > 0 and <= 10, nameof(MaxSessions), "is 1 to 10");
        Require(KeepAliveCount is > 0 and <= 100, nameof(KeepAliveCount), "is 1 to 100");
        Require(IsSeconds(ConnectTimeout), nameof(ConnectTimeout), "is 1 second to 1 hour");
        Require(IsSeconds(KeepAliveInterval), nameof(KeepAliveInterval), "is 1 second to 1 hour");
    }

    private static bool IsSeconds(TimeSpan value) => value >= TimeSpan.FromSeconds(1) && value <= TimeSpan.FromHours(1);

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"SshOptions.{name} {rule}.", name);
        }
    }
}
