namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>The connections of this process, one for each cluster and user, counted. Safe for use by several threads.</summary>
internal static class ClusterConnections
{
    private static readonly Lock _turn = new();
    private static readonly Dictionary<string, Entry> _open = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    internal static int Count
    {
        get
        {
            lock (_turn)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Takes a connection, which is made if there is none yet, or if the cluster no longer talks to the one there is. Blocks.</summary>
    /// <returns>The connection, to be given back.</returns>
    internal static ConnectionLease Take(CephRbdSettings settings)
    {
        Entry entry;
        lock (_turn)
        {
            if (!_open.TryGetValue(settings.ConnectionKey, out entry!) || entry.IsUseless)
            {
                _open[settings.ConnectionKey] = entry = new Entry(settings);
            }

            entry.Users++;
        }

        try
        {
            return new ConnectionLease(entry.Connection.Value, () => Return(settings.ConnectionKey, entry));
        }
        catch
        {
            Return(settings.ConnectionKey, entry);
            throw;
        }
    }

    private static void Return(string key, Entry entry)
    {
        lock (_turn)
        {
            if (--entry.Users > 0)
            {
                return;
            }

            if (_open.GetValueOrDefault(key) == entry)
            {
                _open.Remove(key);
            }
        }

        if (entry.Connection.IsValueCreated)
        {
            entry.Connection.Value.Dispose();
        }
    }

    private sealed class Entry(CephRbdSettings settings)
    {
        internal Lazy<ClusterConnection> Connection { get; } = new(() => ClusterConnection.Open(settings));

        internal int Users { get; set; }

        internal bool IsUseless => Connection is { IsValueCreated: true, Value.IsBroken: true };
    }
}
