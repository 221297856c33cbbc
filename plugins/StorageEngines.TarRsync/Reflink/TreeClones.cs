using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>
/// Takes the large files of a tree by cloning them, one after the other: each is of one instant, all of them are not. Safe for several threads.
/// </summary>
/// <param name="from">A file whose data takes so many bytes is large.</param>
/// <param name="mode">What is wanted.</param>
/// <param name="writer">The snapshot.</param>
/// <param name="warnings">Told what a person should know.</param>
internal sealed class TreeClones(long from, ReflinkMode mode, SnapshotWriter writer, CaptureWarnings warnings)
{
    private const int BytesPerDiskBlock = 512;
    private long _files;
    private long _bytes;

    /// <summary>Files that were cloned; those that did not change and kept their clone are not counted.</summary>
    internal long Files => Interlocked.Read(ref _files);

    /// <summary>Bytes of data in them.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether an entry whose file did not change may go into the next snapshot as it is: its data is where it is wanted, and there.</summary>
    internal bool MayKeep(in ManifestEntry before)
    {
        if (before.Content.Kind != FileContent.Clone)
            return true;
        if (mode == ReflinkMode.Never)
            return false;
        if (CloneFile.IsWhole(before.Content, before.Size))
            return true;
        warnings.Add($"the clone of '{new BytePath(before.Path.ToArray())}' in the snapshot before is missing or was changed, so that the file was taken anew; check the store");
        return false;
    }

    /// <summary>Clones a file if it is large.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="status">Its status.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="entry">Gets the clone's size and the content.</param>
    /// <returns>False if its data is to be read.</returns>
    /// <exception cref="StorageEngineException">It has to be a clone and cannot be (FailedPrecondition, NotSupported), or the store cannot take it.</exception>
    internal bool TryTake(SafeFileHandle file, in FileStatus status, byte[] path, ref ManifestEntry entry)
    {
        long data = DataBytes(in status);
        if (mode == ReflinkMode.Never || data < from || data == 0)
            return false;
        try
        {
            if (writer.TryAddClone(file, out CloneRef clone, out long size))
            {
                if (size == 0)
                    writer.DropClone(clone);
                (entry.Size, entry.Content) = (size, size == 0 ? default : clone.ToContent());
                return true;
            }
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"'{new BytePath(path)}' cannot be cloned into the store '{writer.StoreDirectory}'");
        }
        return mode == ReflinkMode.Auto ? false : throw CloneCapture.Refusal(new BytePath(path), writer.StoreDirectory, isDevice: false);
    }

    /// <summary>Counts a file that was cloned for good.</summary>
    internal void Count(in FileStatus status)
    {
        Interlocked.Increment(ref _files);
        Interlocked.Add(ref _bytes, DataBytes(in status));
    }

    /// <summary>Gives up what <see cref="TryTake"/> made, if it did: the file is taken again.</summary>
    internal void Drop(FileContent content)
    {
        if (content.Kind == FileContent.Clone)
            writer.DropClone(CloneRef.Read(content));
    }

    private static long DataBytes(in FileStatus status) => Math.Min(status.Size, checked((long)status.Blocks * BytesPerDiskBlock));
}
