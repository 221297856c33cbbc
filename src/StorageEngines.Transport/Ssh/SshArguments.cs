using System.Globalization;

namespace StorageEngines.Transport;

/// <summary>The ssh client's arguments.</summary>
internal static class SshArguments
{
    /// <summary>The options that every call of the client has.</summary>
    /// <param name="options">How to reach the host.</param>
    /// <param name="controlPath">The socket of the shared connection.</param>
    /// <returns>The arguments, without host and command. Implements: ssh(1), ssh_config(5).</returns>
    public static List<CommandArgument> Common(SshOptions options, string controlPath)
    {
        List<CommandArgument> arguments = [];
        if (options.ConfigFile is { } config)
        {
            arguments.AddRange(["-F", config]);
        }

        arguments.Add("-T");
        Add(arguments, "BatchMode=yes");
        Add(arguments, "StrictHostKeyChecking=yes");
        Add(arguments, "ControlPath=" + controlPath);
        Add(arguments, "RequestTTY=no");
        Add(arguments, "RemoteCommand=none");
        Add(arguments, "ClearAllForwardings=yes");
        Add(arguments, "ForwardAgent=no");
        Add(arguments, "ForwardX11=no");
        Add(arguments, "LogLevel=ERROR");
        Add(arguments, "ConnectTimeout=" + Seconds(options.ConnectTimeout));
        Add(arguments, "ServerAliveInterval=" + Seconds(options.KeepAliveInterval));
        Add(arguments, "ServerAliveCountMax=" + options.KeepAliveCount.ToString(CultureInfo.InvariantCulture));
        if (options.KnownHostsFile is { } known)
        {
            Add(arguments, "UserKnownHostsFile=" + known);
            Add(arguments, "GlobalKnownHostsFile=/dev/null");
        }

        if (options.IdentityFile is { } identity)
        {
            Add(arguments, "IdentitiesOnly=yes");
            arguments.AddRange(["-i", identity]);
        }

        if (options.Port is { } port)
        {
            arguments.AddRange(["-p", port.ToString(CultureInfo.InvariantCulture)]);
        }

        if (options.User is { } user)
        {
            arguments.AddRange(["-l", user]);
        }

        return arguments;
    }

    private static void Add(List<CommandArgument> arguments, string option) => arguments.AddRange(["-o", option]);

    private static string Seconds(TimeSpan time) => ((long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
