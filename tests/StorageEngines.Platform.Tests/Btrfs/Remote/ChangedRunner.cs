namespace StorageEngines.Platform.Tests.Btrfs.Remote;

/// <summary>Changes each command before another runner starts it.</summary>
internal sealed class ChangedRunner(ICommandRunner inner, Func<CommandRequest, CommandRequest> change) : ICommandRunner
{
    public string Host => inner.Host;

    public bool IsLocal => inner.IsLocal;

    /// <summary>Commands as a user who may do nothing.</summary>
    public static ChangedRunner Nobody(ICommandRunner inner)
        => new(inner, request => request with { Program = "setpriv", Arguments = ["--reuid=65534", "--regid=65534", "--clear-groups", request.Program, .. request.Arguments] });

    /// <summary>Commands in whose search path only some programs are.</summary>
    public static ChangedRunner Only(ICommandRunner inner, string directory, params string[] programs)
    {
        foreach (string program in programs)
        {
            string found = new[] { "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/" }.Select(place => place + program).First(File.Exists);
            File.CreateSymbolicLink(Path.Combine(directory, program), found);
        }

        return new(inner, request => request with { Environment = new Dictionary<string, string> { ["PATH"] = directory } });
    }

    public ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default) => inner.StartAsync(change(request), cancellationToken);
}
