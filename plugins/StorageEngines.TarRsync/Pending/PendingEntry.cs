using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Pending;

/// <summary>Entries of a volume as it is now.</summary>
internal static class PendingEntry
{
    /// <summary>An entry from a status.</summary>
    internal static ManifestEntry Of(in FileStatus status, ReadOnlyMemory<byte> path)
    {
        ManifestEntry entry = MetadataReader.Entry(in status);
        (entry.Path, entry.IsLive) = (path, true);
        return entry;
    }

    /// <summary>An entry from a step of a walk. Implements: readlinkat(2).</summary>
    /// <exception cref="StorageEngineException">The target of a symbolic link may not be read.</exception>
    internal static ManifestEntry Of(in WalkEntry walker)
    {
        byte[] path = walker.Path.ToArray();
        ManifestEntry entry = Of(in walker.Status, path);
        if (walker.IsBoundary)
        {
            // As a snapshot has it: what is mounted there is not looked at.
            (entry.Size, entry.ChangedAt) = (0, default);
        }
        else if (entry.Type == TreeEntryType.SymbolicLink)
        {
            entry.LinkTarget = Target(in walker, path);
            entry.Size = entry.LinkTarget.Length;
        }

        return entry;
    }

    private static byte[] Target(in WalkEntry walker, byte[] path)
    {
        try
        {
            return walker.Directory.Handle!.ReadLink(walker.Name);
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.EINVAL or Errno.ENOTDIR)
        {
            return []; // It went away, or became something else, since it was listed.
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "read the target of", new BytePath(path));
        }
    }
}
