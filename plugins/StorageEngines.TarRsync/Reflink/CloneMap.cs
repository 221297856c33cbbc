using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>Where a clone's data is. Only some file systems' answers prove that two files share a block. Not thread-safe.</summary>
internal sealed class CloneMap
{
    private const int Window = 4096;
    private readonly CloneFile _clone;
    private readonly FileExtentMap _map;
    private bool _hasMap = true;

    internal CloneMap(CloneFile clone)
    {
        _clone = clone;
        _map = new FileExtentMap(clone.Handle, Window);
        Statfs system = Statfs.Get(clone.Handle);
        // Elsewhere an address may not say on which device it is (bcachefs), or be another layer's (overlay).
        ProvesSharing = system.Name is "xfs" or "btrfs";
        GrainBytes = Math.Max(4096, system.BlockSize);
    }

    /// <summary>Equal addresses are the same data, as long as no flag of the extent says otherwise.</summary>
    internal bool ProvesSharing { get; }

    /// <summary>The unit in which the file system allocates, and at least 4096 bytes.</summary>
    internal long GrainBytes { get; }

    /// <summary>The same map, to be read by another thread.</summary>
    internal CloneMap Another() => new(_clone);

    /// <summary>See <see cref="FileExtentMap.Read"/>; where there is no map, the data is known but not its place.</summary>
    internal long Read(long start, long end, List<FileExtent> extents)
    {
        try
        {
            if (_hasMap)
                return _map.Read(start, end, extents);
        }
        catch (PosixException error) when (error.Errno is Errno.EOPNOTSUPP or Errno.ENOTTY or Errno.EINVAL or Errno.ENOSYS)
        {
            _hasMap = false;
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The map of the clone '{_clone.Path}' cannot be read");
        }
        extents.Clear();
        long at = start;
        while (extents.Count < Window && _clone.TryNextData(at, out FileSegment data) && data.Offset < end)
        {
            extents.Add(new FileExtent(data.Offset, data.Length, 0, FileExtentFlags.Unknown));
            at = data.End;
        }
        return extents.Count < Window ? end : at;
    }
}
