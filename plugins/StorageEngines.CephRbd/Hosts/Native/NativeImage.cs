using System.Runtime.CompilerServices;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>An image that librbd has open for reading: it registers no watcher and takes no lock.</summary>
internal sealed class NativeImage : IOpenImage, IDisposable
{
    private readonly NativeRbdHost _host;
    private readonly ClusterConnection _connection;
    private readonly ImageHandle _image;
    private ulong _at = RbdSnapshot.HeadId;

    private NativeImage(NativeRbdHost host, ClusterConnection connection, ImageHandle image, ImageState state)
        => (_host, _connection, _image, State) = (host, connection, image, state);

    /// <inheritdoc/>
    public ImageState State { get; }

    /// <summary>Opens an image; null if it is not there, or in the trash. Blocks.</summary>
    internal static NativeImage? TryOpen(NativeRbdHost host, ClusterConnection connection, ImageKey key)
    {
        PoolHandle? pool = null;
        nint opened = 0;
        int result = key.Cluster != connection.Id ? -Errno.ENOENT : connection.TryPool(key.Pool, key.Namespace, out pool);
        result = result < 0 ? result : IsInTrash(pool!, key.Image) ? -Errno.ENOENT : Rbd.OpenByIdReadOnly(pool!, key.Image, out opened, null);
        if (result < 0)
        {
            return result == -Errno.ENOENT ? null : throw connection.Failure("open image", key.ToString(), -result);
        }

        var image = new ImageHandle(opened, pool!);
        try
        {
            ImageState state = NativeImageState.Read(connection, image, key, connection.PoolName(key.Pool) ?? "");
            return new NativeImage(host, connection, image, state);
        }
        catch (StorageEngineException e) when (e.Reason == EngineReason.VolumeMissing)
        {
            image.Dispose(); // Removed in this very moment.
            return null;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_metadata_list.</remarks>
    public Task<ImageNotes> ReadNotesAsync(CancellationToken cancellationToken) => CallAsync("read metadata", () => new ImageNotes(State.Image.Key, NativeMetadata.Read(_connection, _image, State.Image)), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_snap_set_by_id, rbd_get_flags.</remarks>
    public Task<bool> AreMapsValidAsync(IReadOnlyList<RbdSnapshot> chain, CancellationToken cancellationToken) => CallAsync(
        "check object maps",
        () => chain.All(each =>
        {
            GoTo(each);
            Check("read flags of", Rbd.GetFlags(_image, out ulong flags));
            return flags == 0; // RBD_FLAG_OBJECT_MAP_INVALID, RBD_FLAG_FAST_DIFF_INVALID, and what may come to be.
        }),
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_diff_iterate2, rbd_diff_iterate3.</remarks>
    public async IAsyncEnumerable<IReadOnlyList<RawExtent>> DiffAsync(DiffRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _host.StepAsync("compare", cancellationToken).ConfigureAwait(false);
        await using var walk = DiffWalk.Over(_image, State.Image, request, GoTo, _host.Parallel);
        await foreach (RawExtent[] batch in walk.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }

        int result = await walk.EndAsync(cancellationToken).ConfigureAwait(false);
        if (result < 0)
        {
            throw _connection.Failure("compare", State.RefOf(request.To).ToString(), -result);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_diff_iterate2, rbd_diff_iterate3.</remarks>
    public unsafe IAsyncEnumerable<long> UnchangedAsync(RbdSnapshot from, RbdSnapshot to, IReadOnlyList<long> offsets, CancellationToken cancellationToken)
        => WhereAsync(offsets, to, offset => !Finds(from, to, offset, &DiffWalk.OnAnything), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_diff_iterate2, rbd_diff_iterate3.</remarks>
    public unsafe IAsyncEnumerable<long> WrittenAsync(RbdSnapshot from, RbdSnapshot to, IReadOnlyList<long> offsets, CancellationToken cancellationToken)
        => WhereAsync(offsets, to, offset => Finds(from, to, offset, &DiffWalk.OnData), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_read.</remarks>
    public unsafe Task<byte[]> ReadAsync(RbdSnapshot snapshot, IReadOnlyList<(long Offset, int Count)> ranges, CancellationToken cancellationToken) => CallAsync(
        "read snapshot",
        () =>
        {
            GoTo(snapshot);
            byte[] bytes = GC.AllocateUninitializedArray<byte>(checked(ranges.Sum(each => each.Count)));
            int at = 0;
            foreach ((long offset, int count) in ranges)
            {
                fixed (byte* start = &bytes[at])
                {
                    nint read = Rbd.Read(_image, (ulong)offset, (nuint)count, start);
                    Check("read", read < 0 ? (int)read : 0);
                    at += read == count ? count : throw CephRbdErrors.Impossible(State.Image, $"{read} bytes came instead of {count}");
                }
            }

            return bytes;
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_watchers_list.</remarks>
    public Task<IReadOnlyList<string>> ListWatchersAsync(CancellationToken cancellationToken)
        => CallAsync<IReadOnlyList<string>>("list watchers", () => NativeImageFacts.Watchers(_connection, _image, State.Image), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_list_children3.</remarks>
    public Task<IReadOnlyList<string>> ListChildrenAsync(RbdSnapshot snapshot, CancellationToken cancellationToken) => CallAsync<IReadOnlyList<string>>(
        "list clones",
        () =>
        {
            GoTo(snapshot);
            return NativeImageFacts.Children(_connection, _image, State.Image);
        },
        cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_get_group.</remarks>
    public Task<GroupPlace?> FindGroupAsync(CancellationToken cancellationToken) => CallAsync("find group", () => NativeImageFacts.Group(_connection, _image, State.Image), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.Run(Dispose).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Dispose() => _image.Dispose();

    private static unsafe bool IsInTrash(PoolHandle pool, string id)
    {
        RbdTrashInfo info;
        if (Rbd.GetFromTrash(pool, id, &info) < 0)
        {
            return false;
        }

        Rbd.FreeFromTrash(&info);
        return true;
    }

    private async Task<T> CallAsync<T>(string step, Func<T> call, CancellationToken cancellationToken)
    {
        await _host.StepAsync(step, cancellationToken).ConfigureAwait(false);
        return await NativeCall.RunAsync(call, cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<long> WhereAsync(IReadOnlyList<long> offsets, RbdSnapshot to, Func<long, bool> test, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (long offset in offsets)
        {
            if (offset < to.SizeBytes && await CallAsync("compare object", () => test(offset), cancellationToken).ConfigureAwait(false))
            {
                yield return offset;
            }
        }
    }

    // Whether the walk over one period is ended by its call back.
    private unsafe bool Finds(RbdSnapshot from, RbdSnapshot to, long offset, delegate* unmanaged[Cdecl]<ulong, nuint, int, void*, int> callback)
    {
        GoTo(to);
        int result = DiffWalk.Ask(_image, from, offset, Math.Min(State.Image.PeriodBytes, to.SizeBytes - offset), whole: false, callback, null);
        Check("compare", result is -Errno.ECANCELED ? 0 : result);
        return result != 0;
    }

    private void GoTo(RbdSnapshot snapshot)
    {
        if (_at == snapshot.Id)
        {
            return;
        }

        int result = RbdSnapshots.SetById(_image, snapshot.Id);
        if (result == -Errno.ENOENT)
        {
            throw CephRbdErrors.MissingSnapshot(State.RefOf(snapshot));
        }

        Check("go to snapshot of", result);
        _at = snapshot.Id;
    }

    private void Check(string operation, int result)
    {
        if (result < 0)
        {
            throw _connection.Failure(operation, State.Image.Path.ToString(), -result);
        }
    }
}
