using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>An open clone of the store. Reading it is safe for several threads; looking for its data is for one.</summary>
internal sealed class CloneFile : IDisposable
{
    private CloneFile(string path, SafeFileHandle handle, long size) => (Path, Handle, Size) = (path, handle, size);

    /// <summary>Its path, for messages.</summary>
    internal string Path { get; }

    /// <summary>The open file.</summary>
    internal SafeFileHandle Handle { get; }

    /// <summary>Its bytes.</summary>
    internal long Size { get; }

    /// <summary>Opens the clone that a content names and makes sure that nobody has written to it.</summary>
    /// <param name="content">A content of kind <see cref="FileContent.Clone"/>, from a manifest of a store.</param>
    /// <param name="size">The file's size in bytes.</param>
    /// <exception cref="CorruptDataException">The clone is missing, or was changed.</exception>
    internal static CloneFile Open(FileContent content, long size)
        => Open(content, size, content.Owner?.Name ?? throw new InvalidOperationException("The content is not from a manifest."));

    /// <inheritdoc cref="Open(FileContent, long)"/>
    /// <param name="content">The content.</param>
    /// <param name="size">The file's size in bytes.</param>
    /// <param name="manifest">The path of a manifest of the store.</param>
    internal static CloneFile Open(FileContent content, long size, string manifest)
    {
        CloneRef clone = CloneRef.Read(content);
        string path = StoreFiles.ClonePath(manifest, clone.FileName);
        SafeFileHandle? handle = null;
        try
        {
            handle = FileHandle.OpenRead(Encoding.UTF8.GetBytes(path));
            FileStatus status = FileStatus.Get(handle);
            string? damage = !status.IsRegular ? "the clone is not a regular file"
                : status.Size != size ? $"the clone has {status.Size} bytes where the manifest says {size}"
                : status.ModificationTime != clone.Stamp
                    ? "the clone's mtime is not the recorded one: somebody wrote to it, or the store was copied without times (copy it with them, as rsync -a does)"
                    : null;
            return damage is null ? new CloneFile(path, handle, size) : throw StoreErrors.Corrupt(path, null, damage);
        }
        catch (PosixException error) when (error.Errno == Errno.ENOENT)
        {
            throw StoreErrors.Corrupt(path, null, "the clone is missing");
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The clone '{path}' cannot be opened");
        }
        catch (CorruptDataException)
        {
            handle?.Dispose();
            throw;
        }
    }

    /// <summary>Whether the clone that a content names is there and untouched.</summary>
    /// <exception cref="StorageEngineException">It cannot be looked at.</exception>
    internal static bool IsWhole(FileContent content, long size)
    {
        try
        {
            Open(content, size).Dispose();
            return true;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    /// <summary>Whether two clones are one file with two names, as those of a file that did not change are.</summary>
    internal bool IsSameFile(CloneFile other)
    {
        (FileStatus a, FileStatus b) = (FileStatus.Get(Handle), FileStatus.Get(other.Handle));
        return a.Inode == b.Inode && a.DeviceMajor == b.DeviceMajor && a.DeviceMinor == b.DeviceMinor;
    }

    /// <summary>Reads at most to the end; the rest of the buffer is cleared.</summary>
    /// <exception cref="StorageEngineException">It cannot be read.</exception>
    internal void Read(Span<byte> buffer, long offset)
    {
        try
        {
            int count = offset < Size ? FileHandle.ReadAt(Handle, buffer[..(int)Math.Min(buffer.Length, Size - offset)], offset) : 0;
            buffer[count..].Clear();
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The clone '{Path}' cannot be read at byte {offset}");
        }
    }

    /// <summary>The next data at or after an offset; false if the rest is a hole.</summary>
    /// <exception cref="StorageEngineException">It cannot be searched.</exception>
    internal bool TryNextData(long from, out FileSegment segment)
    {
        try
        {
            return FileSegments.TryNextData(Handle, from, Size, out segment);
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The clone '{Path}' cannot be searched for data at byte {from}");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
