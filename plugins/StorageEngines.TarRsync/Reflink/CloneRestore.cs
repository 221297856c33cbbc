using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>Brings a clone's content back: by sharing its blocks again where the file system can, else by copying its data. Holes stay holes.</summary>
internal static class CloneRestore
{
    private const int Window = 1 << 20;
    private const int Block = 65536;

    /// <summary>Fills a new, empty file. Implements: ioctl_ficlone(2).</summary>
    /// <exception cref="PosixException">It cannot be written.</exception>
    /// <exception cref="StorageEngineException">The clone cannot be read.</exception>
    internal static void Fill(SafeFileHandle file, in ManifestEntry entry, Action<long>? advanced, CancellationToken cancellationToken)
    {
        using CloneFile clone = CloneFile.Open(entry.Content, entry.Size);
        if (Posix.Reflink.TryCloneWhole(clone.Handle, file, clone.Size))
        {
            advanced?.Invoke(clone.Size);
            return;
        }
        FileWriting.Truncate(file, clone.Size);
        var buffer = new byte[Window];
        long at = 0;
        for (; clone.TryNextData(at, out FileSegment data); at = data.End)
        {
            advanced?.Invoke(data.Offset - at);
            for (long from = data.Offset; from < data.End; from += Window)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(Window, data.End - from));
                clone.Read(bytes, from);
                FileWriting.WriteAt(file, bytes, from);
                advanced?.Invoke(bytes.Length);
            }
        }
        advanced?.Invoke(clone.Size - at);
    }

    /// <summary>Makes an existing file or device equal. Implements: ioctl_ficlonerange(2).</summary>
    /// <returns>True if anything had to be written.</returns>
    /// <exception cref="PosixException">It cannot be read or written.</exception>
    /// <exception cref="StorageEngineException">The clone cannot be read.</exception>
    internal static bool Update(SafeFileHandle file, in ManifestEntry entry, bool isDevice, Action<long>? advanced)
    {
        using CloneFile clone = CloneFile.Open(entry.Content, entry.Size);
        bool changed = false;
        if (!isDevice && FileHandle.GetLength(file) != clone.Size)
        {
            FileWriting.Truncate(file, clone.Size);
            changed = true;
        }
        if (!isDevice && Posix.Reflink.TryCloneAll(clone.Handle, file, clone.Size))
        {
            advanced?.Invoke(clone.Size);
            return true;
        }
        var wanted = new byte[Block];
        var present = new byte[Block];
        long at = 0;
        while (NextData(clone, file, at) is var next && next < clone.Size)
        {
            next = Math.Max(at, next / Block * Block);
            advanced?.Invoke(next - at);
            int length = (int)Math.Min(Block, clone.Size - next);
            changed |= UpdateBlock(clone, file, next, wanted.AsSpan(0, length), present.AsSpan(0, length));
            advanced?.Invoke(length);
            at = next + length;
        }
        advanced?.Invoke(clone.Size - at);
        return changed;
    }

    /// <summary>Bytes of data in a clone, or 0 if they will be shared with what is in a directory.</summary>
    internal static long DataBytes(in ManifestEntry entry, DirectoryHandle place)
    {
        using CloneFile clone = CloneFile.Open(entry.Content, entry.Size);
        (FileStatus a, FileStatus b) = (FileStatus.Get(clone.Handle), FileStatus.Get(place));
        long sum = 0;
        bool shares = a.DeviceMajor == b.DeviceMajor && a.DeviceMinor == b.DeviceMinor && Statfs.Get(place).Name is "xfs" or "btrfs" or "bcachefs";
        for (long at = 0; !shares && clone.TryNextData(at, out FileSegment data); at = data.End)
            sum += data.Length;
        return sum;
    }

    /// <summary>Whether a file holds what the clone holds; as long as it is. What is a hole in both is not read.</summary>
    /// <exception cref="PosixException">The file cannot be read.</exception>
    /// <exception cref="StorageEngineException">The clone cannot be read.</exception>
    internal static bool IsSame(SafeFileHandle file, in ManifestEntry entry, Action<int> read, CancellationToken cancellationToken)
    {
        using CloneFile clone = CloneFile.Open(entry.Content, entry.Size);
        var wanted = new byte[Window];
        var present = new byte[Window];
        for (long at = NextData(clone, file, 0); at < clone.Size; at = NextData(clone, file, at + Window))
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = (int)Math.Min(Window, clone.Size - at);
            clone.Read(wanted.AsSpan(0, length), at);
            int count = FileHandle.ReadAt(file, present.AsSpan(0, length), at);
            read(count);
            present.AsSpan(count, length - count).Clear();
            if (!wanted.AsSpan(0, length).SequenceEqual(present.AsSpan(0, length)))
                return false;
        }
        return true;
    }

    private static long NextData(CloneFile clone, SafeFileHandle file, long from)
    {
        long wanted = clone.TryNextData(from, out FileSegment a) ? a.Offset : clone.Size;
        return FileSegments.TryNextData(file, from, clone.Size, out FileSegment b) ? Math.Min(wanted, b.Offset) : wanted;
    }

    private static bool UpdateBlock(CloneFile clone, SafeFileHandle file, long offset, Span<byte> wanted, Span<byte> present)
    {
        clone.Read(wanted, offset);
        int count = FileHandle.ReadAt(file, present, offset);
        present[count..].Clear();
        if (wanted.SequenceEqual(present))
            return false;
        if (wanted.ContainsAnyExcept((byte)0))
            FileWriting.WriteAt(file, wanted, offset);
        else
            FileWriting.PunchHole(file, offset, wanted.Length);
        return true;
    }
}
