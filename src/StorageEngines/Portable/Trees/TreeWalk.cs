using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>Walks over whole directories of this machine.</summary>
internal static class TreeWalk
{
    private const int ListingBuffer = 64 << 10;

    /// <summary>
    /// A 128-bit sum over path, type, mode, size, time of the last write and inode of every name beneath a directory and the directory itself: the
    /// same whatever the order, and another one as soon as somebody has changed something by the usual means.
    /// </summary>
    /// <exception cref="PosixException">A directory cannot be read.</exception>
    internal static string Fingerprint(BytePath directory, CancellationToken cancellationToken)
    {
        using BeneathRoot root = BeneathRoot.Open(directory.Span);
        UInt128 sum = Digest([], FileStatus.Get(root.Root));
        long count = 1;
        Visit(root, cancellationToken, (path, status) =>
        {
            unchecked
            {
                sum += Digest(path, status);
            }

            count++;
        });
        return $"tree:{count}:{sum:x32}";
    }

    /// <summary>Removes everything beneath a name of a directory, and the name. Never follows a link.</summary>
    /// <exception cref="PosixException">Something cannot be removed.</exception>
    internal static void Delete(DirectoryHandle parent, ReadOnlySpan<byte> name)
    {
        if (!FileStatus.TryGetAt(parent, name, out FileStatus _))
        {
            return;
        }

        DeleteContent(parent, name);
        using BeneathRoot above = BeneathRoot.Open(SelfPath(parent));
        above.RemoveDirectory(name);
    }

    /// <summary>Removes everything beneath a directory. Never follows a link.</summary>
    /// <exception cref="PosixException">Something cannot be removed.</exception>
    internal static void DeleteContent(DirectoryHandle parent, ReadOnlySpan<byte> name)
    {
        if (FileStatus.GetAt(parent, name) is { IsDirectory: true, Mode: var mode } && (mode & 0x1C0) != 0x1C0)
        {
            using BeneathRoot above = BeneathRoot.Open(SelfPath(parent));
            above.SetMode(name, 0x1C0);
        }

        // Opened through the parent, so that a link put in its place is not followed.
        using DirectoryHandle directory = parent.OpenChild(name);
        using BeneathRoot root = BeneathRoot.Open(SelfPath(directory));
        List<byte[]> directories = [];
        Visit(root, CancellationToken.None, (path, status) =>
        {
            if (status.IsDirectory)
            {
                root.SetMode(path, 0x1C0);
                directories.Add(path);
            }
            else
            {
                root.Unlink(path);
            }
        });
        for (int i = directories.Count - 1; i >= 0; i--)
        {
            root.RemoveDirectory(directories[i]);
        }
    }

    /// <summary>Gives directories their modes back, the deepest first, if nobody has set others.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="modes">The mode that a directory had, by inode.</param>
    /// <param name="added">The bits that were added to it.</param>
    internal static void SetModes(BeneathRoot root, Dictionary<ulong, uint> modes, uint added)
    {
        List<(byte[] Path, uint Mode)> found = [];
        if (FileStatus.Get(root.Root) is var top && modes.TryGetValue(top.Inode, out uint of) && top.Mode == (of | added))
        {
            found.Add(([], of));
        }

        Visit(root, CancellationToken.None, (path, status) =>
        {
            if (status.IsDirectory && modes.TryGetValue(status.Inode, out uint mode) && status.Mode == (mode | added))
            {
                found.Add((path, mode));
            }
        });
        foreach ((byte[] path, uint mode) in found.OrderByDescending(f => f.Path.Length))
        {
            root.SetMode(path, mode);
        }
    }

    /// <summary>Whether a directory holds nothing.</summary>
    internal static bool IsEmpty(DirectoryHandle directory)
    {
        directory.Rewind();
        DirectoryEntries entries = directory.Entries(new byte[DirectoryEntries.MinimumBuffer]);
        return !entries.MoveNext();
    }

    /// <summary>A path to an open directory, for calls that take a path.</summary>
    internal static byte[] SelfPath(DirectoryHandle directory)
        => System.Text.Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.DangerousGetHandle()}"));

    private static void Visit(BeneathRoot root, CancellationToken cancellationToken, Action<byte[], FileStatus> visit)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ListingBuffer);
        try
        {
            var pending = new Stack<byte[]>();
            pending.Push([]);
            while (pending.TryPop(out byte[]? path))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    VisitOne(root, path, buffer, pending, visit);
                }
                catch (PosixException e) when (e.Errno == Errno.EACCES && !Environment.IsPrivilegedProcess)
                {
                    continue; // the owner's own directory that shuts out its owner: what is in it nobody but root sees
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void VisitOne(BeneathRoot root, byte[] path, byte[] buffer, Stack<byte[]> pending, Action<byte[], FileStatus> visit)
    {
        using DirectoryHandle directory = root.OpenDirectory(path);
        foreach (DirectoryEntry entry in directory.Entries(buffer))
        {
            byte[] child = path.Length == 0 ? entry.Name.ToArray() : [.. path, (byte)'/', .. entry.Name];
            FileStatus status = FileStatus.GetAt(directory, entry.Name);
            visit(child, status);
            if (status.IsDirectory)
            {
                pending.Push(child);
            }
        }
    }

    private static UInt128 Digest(ReadOnlySpan<byte> path, in FileStatus status)
    {
        Span<byte> fixedPart = stackalloc byte[40];
        BinaryPrimitives.WriteUInt32LittleEndian(fixedPart, (uint)status.Type | status.Mode);
        BinaryPrimitives.WriteInt32LittleEndian(fixedPart[4..], status.ModificationTime.Nanoseconds);
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[8..], status.ModificationTime.Seconds);
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[16..], status.IsRegular ? status.Size : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(fixedPart[24..], status.Inode);
        BinaryPrimitives.WriteInt32LittleEndian(fixedPart[32..], path.Length);
        byte[] text = ArrayPool<byte>.Shared.Rent(fixedPart.Length + path.Length);
        fixedPart.CopyTo(text);
        path.CopyTo(text.AsSpan(fixedPart.Length));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text.AsSpan(0, fixedPart.Length + path.Length), hash);
        ArrayPool<byte>.Shared.Return(text);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
