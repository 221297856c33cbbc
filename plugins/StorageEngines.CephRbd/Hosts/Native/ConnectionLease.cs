namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>A connection as one engine has it; disposed, it is given back. Safe for use by several threads.</summary>
internal sealed class ConnectionLease(ClusterConnection connection, Action giveBack) : IDisposable
{
    private Action? _giveBack = giveBack;

    /// <summary>The connection.</summary>
    internal ClusterConnection Connection => connection;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
