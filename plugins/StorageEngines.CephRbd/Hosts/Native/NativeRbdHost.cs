using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>A cluster through librbd, in this process.</summary>
internal sealed class NativeRbdHost : IRbdHost
{
    private readonly CephRbdSettings _settings;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private ConnectionLease? _lease;
    private bool _isDisposed;

    /// <summary>Makes the host. Nothing is connected yet.</summary>
    internal NativeRbdHost(CephRbdSettings settings)
    {
        _settings = settings;
        Changes = new NativeImageChanges(this);
        Groups = new NativeImageGroups(this);
    }

    /// <inheritdoc/>
    public string Name => "this machine";

    /// <inheritdoc/>
    public bool CanDiffFromGroups => CephLibraries.Has(Rbd.DiffByIdFunction);

    /// <inheritdoc/>
    public IImageChanges Changes { get; }

    /// <inheritdoc/>
    public IImageGroups Groups { get; }

    /// <summary>How much is asked at once.</summary>
    internal int Parallel => _settings.Parallel;

    /// <summary>Told before each step; null for nobody. Default: null.</summary>
    internal Func<string, ValueTask>? OnStep { get; set; }

    /// <inheritdoc/>
    public async Task<HostFacts> ProbeAsync(CancellationToken cancellationToken)
    {
        string cluster = await CallAsync(
            "probe",
            connection =>
            {
                OsdProbe.Run(connection);
                return connection.Id;
            },
            cancellationToken).ConfigureAwait(false);
        Rados.Version(out int major, out int minor, out int extra);
        Rbd.Version(out int rbdMajor, out int rbdMinor, out int rbdExtra);
        List<string> notes = [$"The cluster is {cluster}."];
        if (!CanDiffFromGroups)
        {
            notes.Add($"This librbd has no {Rbd.DiffByIdFunction} (Reef 18.2.5 has it): a snapshot of a group cannot be the base of a difference.");
        }

        return new HostFacts($"librbd {rbdMajor}.{rbdMinor}.{rbdExtra} (librados {major}.{minor}.{extra})", notes);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ImagePlace>> ListAsync(CancellationToken cancellationToken) => CallAsync<IReadOnlyList<ImagePlace>>("list images", connection => NativeImageList.Read(connection), cancellationToken);

    /// <inheritdoc/>
    public Task<ImageKey?> FindAsync(ImagePath path, CancellationToken cancellationToken) => CallAsync("find image", connection => Find(connection, path), cancellationToken);

    /// <inheritdoc/>
    public async Task<IOpenImage?> OpenAsync(ImageKey key, CancellationToken cancellationToken)
        => await CallAsync("open image", connection => NativeImage.TryOpen(this, connection, key), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IImageWriting> OpenForWritingAsync(RbdImage image, long sizeBytes, CancellationToken cancellationToken)
    {
        NativeImageWriting? opened = null;
        await ChangeAsync("open image to write", connection => opened = NativeImageWriting.Open(this, connection, image, sizeBytes), cancellationToken).ConfigureAwait(false);
        return opened!;
    }

    /// <summary>Makes a call that only reads.</summary>
    internal async Task<T> CallAsync<T>(string step, Func<ClusterConnection, T> call, CancellationToken cancellationToken)
    {
        ClusterConnection connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await StepAsync(step, cancellationToken).ConfigureAwait(false);
        return await NativeCall.RunAsync(() => call(connection), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes a call that changes something: once it has begun it is waited for.</summary>
    internal async Task ChangeAsync(string step, Action<ClusterConnection> call, CancellationToken cancellationToken)
    {
        ClusterConnection connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        await StepAsync(step, cancellationToken).ConfigureAwait(false);
        await NativeCall.RunAsync(
            () =>
            {
                call(connection);
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Tells of a step that is about to be taken, and gives up there if that is wished.</summary>
    internal async ValueTask StepAsync(string step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (OnStep is { } told)
        {
            await told(step).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        if (Interlocked.Exchange(ref _lease, null) is { } lease)
        {
            await Task.Run(lease.Dispose).ConfigureAwait(false);
        }
    }

    private async Task<ClusterConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_lease is { Connection: { IsBroken: false } there })
        {
            return there;
        }

        await StepAsync("connect", cancellationToken).ConfigureAwait(false);
        await _connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_lease is { Connection.IsBroken: true } broken)
            {
                _lease = null;
                broken.Dispose();
            }

            _lease ??= await NativeCall.RunAsync(() => ClusterConnections.Take(_settings), cancellationToken).ConfigureAwait(false);
            return _lease.Connection;
        }
        finally
        {
            _connecting.Release();
        }
    }

    private static unsafe ImageKey? Find(ClusterConnection connection, ImagePath path)
    {
        long id = connection.FindPool(path.Pool);
        nint opened = 0;
        PoolHandle? pool = null;
        int result = id < 0 ? (int)id : connection.TryPool(id, path.Namespace, out pool);
        result = result < 0 ? result : Rbd.OpenReadOnly(pool!, path.Image, out opened, null);
        if (result < 0)
        {
            return result == -Errno.ENOENT ? null : throw connection.Failure("find image", path.ToString(), -result);
        }

        using var image = new ImageHandle(opened, pool!);
        byte[] buffer = new byte[256];
        fixed (byte* start = buffer)
        {
            result = Rbd.GetId(image, start, (nuint)buffer.Length);
            return result < 0 ? throw connection.Failure("find image", path.ToString(), -result) : new ImageKey(connection.Id, id, path.Namespace, NativeText.Read(start));
        }
    }
}
