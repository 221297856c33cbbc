namespace StorageEngines;

/// <summary>
/// What an <see cref="ICommandRunner"/> of another host may offer besides: the command line by which a program on this machine reaches that host on its own,
/// such as rsync with its option <c>-e</c>. The program then talks to its counterpart past the runner, which needs nothing on the host but that counterpart.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface IRemoteShell
{
    /// <summary>The host as it was named, with the port if one was given: <c>name</c> or <c>name:port</c>, without the user. It names the same host every time.</summary>
    string Address { get; }

    /// <summary>Runs commands on this machine.</summary>
    ICommandRunner Local { get; }

    /// <summary>Connects, unless that was done before, and says how to get to the host.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The command line. It holds no secret, and is good as long as the runner is.</returns>
    /// <exception cref="StorageCommandException">The host cannot be reached, is not trusted, or refuses the login.</exception>
    ValueTask<RemoteShellCommand> OpenAsync(CancellationToken cancellationToken = default);
}
