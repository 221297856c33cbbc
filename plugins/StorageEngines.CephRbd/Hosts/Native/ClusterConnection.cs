using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>A connection to a cluster, which all engines share that reach it alike. Safe for use by several threads; calls block.</summary>
internal sealed unsafe class ClusterConnection : IDisposable
{
    private readonly ConcurrentDictionary<(long Pool, string Namespace), PoolHandle> _pools = new();
    private readonly CephRbdSettings _settings;

    private ClusterConnection(ClusterHandle cluster, CephRbdSettings settings)
    {
        _settings = settings;
        Cluster = cluster;
    }

    /// <summary>The connection itself.</summary>
    internal ClusterHandle Cluster { get; }

    /// <summary>The cluster's fsid.</summary>
    internal string Id { get; private set; } = "";

    /// <summary>Whether the cluster no longer talks to it, so that it is to be replaced.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Connects.</summary>
    /// <exception cref="StorageEngineException">The libraries are missing, or the cluster cannot be reached.</exception>
    internal static ClusterConnection Open(CephRbdSettings settings)
    {
        if (CephLibraries.WhyMissing is { } missing)
        {
            throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
                $"Ceph's library cannot be used: {missing}. Install librbd1 and librados2 (Debian; librbd1 and librados2 elsewhere too), or let the engine work by the program rbd (setting '{CephRbdSettings.AccessSetting}' = rbd).")
            { Engine = CephRbdEngineFactory.SchemeName };
        }

        int result = Rados.Create(out nint made, "ceph", settings.User, 0);
        if (result < 0)
        {
            throw Failure(settings, "connect to", "the cluster", -result);
        }

        var cluster = new ClusterHandle(made);
        try
        {
            var connection = new ClusterConnection(cluster, settings);
            connection.Connect();
            return connection;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>A pool or a namespace of it, by number.</summary>
    /// <returns>A negative error number, or 0.</returns>
    internal int TryPool(long id, string space, out PoolHandle pool)
    {
        if (_pools.TryGetValue((id, space), out pool!))
        {
            return 0;
        }

        int result = Rados.OpenPool(Cluster, id, out nint opened);
        if (result == -Errno.ENOENT && Rados.WaitForLatestMap(Cluster) == 0)
        {
            result = Rados.OpenPool(Cluster, id, out opened);
        }

        if (result < 0)
        {
            return result;
        }

        pool = new PoolHandle(opened, Cluster);
        Rados.SetNamespace(pool, space);
        PoolHandle kept = _pools.GetOrAdd((id, space), pool);
        if (kept != pool)
        {
            pool.Dispose();
            pool = kept;
        }

        return 0;
    }

    /// <summary>A pool's number; negative for an error.</summary>
    internal long FindPool(string name)
    {
        long id = Rados.FindPool(Cluster, name);
        return id == -Errno.ENOENT && Rados.WaitForLatestMap(Cluster) == 0 ? Rados.FindPool(Cluster, name) : id;
    }

    /// <summary>A pool's name; null if there is none of that number.</summary>
    internal string? PoolName(long id)
    {
        for (int size = 256; ; size *= 4)
        {
            byte[] buffer = new byte[size];
            fixed (byte* start = buffer)
            {
                int length = Rados.PoolName(Cluster, id, start, (nuint)size);
                if (length != -Errno.ERANGE)
                {
                    return length < 0 ? null : Encoding.UTF8.GetString(buffer, 0, length);
                }
            }
        }
    }

    /// <summary>The names of all pools.</summary>
    internal List<string> ListPools()
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            int length;
            fixed (byte* start = buffer)
            {
                length = Rados.ListPools(Cluster, start, (nuint)buffer.Length);
            }

            if (length < 0)
            {
                throw Failure("list", "pools", -length);
            }

            if (length <= buffer.Length)
            {
                return NativeText.Split(buffer.AsSpan(0, length));
            }

            buffer = new byte[length + 4096];
        }
    }

    /// <summary>The error of a call that failed.</summary>
    internal StorageEngineException Failure(string operation, string subject, int number, bool isChange = false)
    {
        IsBroken |= number == Errno.ESHUTDOWN;
        return number == Errno.ETIMEDOUT && isChange && FullPools.Find(Cluster) is { Count: > 0 } full
            ? CephRbdErrors.Full(operation, subject, full) : Failure(_settings, operation, subject, number, isChange);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PoolHandle pool in _pools.Values)
        {
            pool.Dispose();
        }

        Cluster.Dispose();
    }

    private static StorageEngineException Failure(CephRbdSettings settings, string operation, string subject, int number, bool isChange = false)
        => CephRbdErrors.Of(new RbdFailure(operation, subject, number, settings.User, "this machine", settings.TimeoutSeconds) { IsChange = isChange });

    private void Connect()
    {
        int result = Rados.ReadConfiguration(Cluster, _settings.Configuration);
        if (result < 0)
        {
            throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.None, Recovery.OperatorAction,
                $"Ceph's configuration {(_settings.Configuration is { } path ? $"'{path}'" : "(CEPH_CONF, or /etc/ceph/ceph.conf)")} cannot be read: {Errno.Name(-result)}. Name it with the setting '{CephRbdSettings.ConfigurationSetting}'.")
            { Engine = CephRbdEngineFactory.SchemeName, BackendCode = Errno.Name(-result) };
        }

        foreach ((string option, string value) in Options())
        {
            _ = Rados.SetOption(Cluster, option, value); // One that a release does not know any more is left as it is.
        }

        result = Rados.Connect(Cluster);
        if (result < 0)
        {
            throw Refused(-result);
        }

        byte[] buffer = new byte[64];
        fixed (byte* start = buffer)
        {
            int length = Rados.ClusterId(Cluster, start, (nuint)buffer.Length);
            Id = length > 0 ? Encoding.ASCII.GetString(buffer, 0, length) : throw Failure("identify", "the cluster", -length);
        }
    }

    // Without a key rados_connect fails with 'no such file' or 'invalid argument', before it asks anybody.
    private StorageEngineException Refused(int number) => number is Errno.ENOENT or Errno.EINVAL
        ? new StorageEngineException(EngineStatus.Unauthenticated, EngineReason.None, Recovery.OperatorAction,
            $"The cluster cannot be reached as {_settings.User}: there is no keyring with its key ({Errno.Name(number)}); name it with the setting '{CephRbdSettings.KeyringSetting}', or in the configuration.")
        { Engine = CephRbdEngineFactory.SchemeName, BackendCode = Errno.Name(number) }
        : Failure("connect to", "the cluster", number);

    private IEnumerable<(string Option, string Value)> Options()
    {
        string seconds = _settings.TimeoutSeconds.ToString(CultureInfo.InvariantCulture);
        yield return ("client_mount_timeout", seconds);
        yield return ("rados_mon_op_timeout", seconds);
        yield return ("rados_osd_op_timeout", seconds);
        yield return ("rbd_concurrent_management_ops", _settings.Parallel.ToString(CultureInfo.InvariantCulture));
        yield return ("log_to_stderr", "false"); // What librbd logs would come between what the program writes.
        yield return ("err_to_stderr", "false");
        yield return ("log_file", "/dev/null");
        yield return ("admin_socket", "");
        if (_settings.Keyring is { } keyring)
        {
            yield return ("keyring", keyring);
        }
    }
}
