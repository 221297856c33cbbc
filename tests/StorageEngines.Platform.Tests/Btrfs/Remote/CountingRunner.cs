namespace StorageEngines.Platform.Tests.Btrfs.Remote;

/// <summary>Counts the commands that another runner starts.</summary>
internal sealed class CountingRunner(ICommandRunner inner) : ICommandRunner
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public string Host => inner.Host;

    public bool IsLocal => inner.IsLocal;

    public ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _count);
        return inner.StartAsync(request, cancellationToken);
    }
}
