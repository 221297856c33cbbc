using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;

namespace StorageEngines.TarRsync.Store;

/// <content>
/// The clones of a snapshot. Each has its own: one that a later snapshot goes on with gets another name there, as a hard link, so that the file system
/// counts who needs it, and a snapshot's clones go with it.
/// </content>
internal sealed partial class SnapshotWriter
{
    // A clone of several names in the tree gets one name in the store.
    private readonly Dictionary<CloneRef, CloneRef> _linked = [];
    private BeneathRoot? _clonesRoot;
    private long _cloneNumbers;
    private long _clones;

    /// <summary>Clones a file into the store, where the file system can. Safe for several threads.</summary>
    /// <exception cref="PosixException">It cannot be synced or cloned.</exception>
    /// <exception cref="StorageEngineException">The store cannot be written.</exception>
    internal bool TryAddClone(SafeFileHandle source, out CloneRef clone, out long size)
    {
        bool made = CloneWriter.TryMake(_files, Guid.ParseExact(Id, "N"), NextClone(), source, out clone, out size);
        if (made)
            Interlocked.Increment(ref _clones);
        return made;
    }

    /// <summary>Removes a clone that this snapshot made and does not need.</summary>
    internal void DropClone(CloneRef clone) => _files.Remove(Path.Combine(_files.Clones, clone.FileName));

    private ulong NextClone() => (ulong)(Interlocked.Increment(ref _cloneNumbers) - 1);

    // From the thread that adds entries.
    private FileContent KeepClone(in ManifestEntry entry)
    {
        CloneRef old = CloneRef.Read(entry.Content);
        if (entry.LinkCount > 1 && _linked.TryGetValue(old, out CloneRef known))
            return known.ToContent();
        CloneRef kept = old with { SnapshotId = Guid.ParseExact(Id, "N"), Number = NextClone() };
        if (!TryLink(old, kept))
        {
            using CloneFile clone = CloneFile.Open(entry.Content, entry.Size);
            if (!CloneWriter.TryMake(_files, kept.SnapshotId, kept.Number, clone.Handle, out kept, out _))
                throw StoreErrors.From(new PosixException(Errno.EOPNOTSUPP, "ioctl FICLONE", default), $"The clone '{clone.Path}' cannot be kept for another snapshot");
        }
        Interlocked.Increment(ref _clones);
        if (entry.LinkCount > 1)
            _linked.Add(old, kept);
        return kept.ToContent();
    }

    private bool TryLink(CloneRef old, CloneRef kept)
    {
        string path = Path.Combine(_files.Clones, old.FileName);
        try
        {
            _clonesRoot ??= BeneathRoot.Open(Encoding.UTF8.GetBytes(_files.Clones));
            _files.Step("link .clone");
            _clonesRoot.HardLink(Encoding.ASCII.GetBytes(old.FileName), Encoding.ASCII.GetBytes(kept.FileName));
            _files.Step("linked .clone");
            return true;
        }
        catch (PosixException error) when (error.Errno == Errno.ENOENT)
        {
            throw StoreErrors.Corrupt(path, null, "the clone is missing");
        }
        catch (PosixException error) when (error.Errno is Errno.EMLINK or Errno.EPERM or Errno.EOPNOTSUPP)
        {
            return false; // As many names as a file can have, or links are not wanted here: then the clone is cloned.
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The clone '{path}' cannot be kept for another snapshot");
        }
    }

    // The names are durable before the manifest that says them.
    private void SyncClones()
    {
        try
        {
            _clonesRoot?.Root.Sync();
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The clones in '{_files.Clones}' cannot be made durable");
        }
    }
}
