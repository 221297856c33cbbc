using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Cli.Demo;

/// <summary>
/// Compares two directories on disk: names, types, modes, owners, times, link targets, device numbers, hard links, extended attributes and every byte.
/// Knows nothing of engines, so that it can be a witness.
/// </summary>
/// <remarks>Not safe for use by several threads.</remarks>
internal sealed class TreeComparer
{
    private readonly byte[] _left = new byte[1 << 18];
    private readonly byte[] _right = new byte[1 << 18];
    private readonly Dictionary<(uint, uint, ulong), ulong> _links = [];

    /// <summary>Entries that were compared.</summary>
    internal long Entries { get; private set; }

    /// <summary>Bytes of file content that were compared.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Compares.</summary>
    /// <returns>Null if both are the same, else the first difference.</returns>
    internal string? Compare(BytePath left, BytePath right, CancellationToken cancellationToken)
    {
        using DirectoryHandle leftRoot = DirectoryHandle.Open(left.Span);
        using DirectoryHandle rightRoot = DirectoryHandle.Open(right.Span);
        return CompareStatus(FileStatus.Get(leftRoot), FileStatus.Get(rightRoot), default)
            ?? CompareAttributes(leftRoot, rightRoot, "."u8, default)
            ?? CompareDirectory(leftRoot, rightRoot, default, cancellationToken);
    }

    private string? CompareDirectory(DirectoryHandle left, DirectoryHandle right, BytePath path, CancellationToken cancellationToken)
    {
        List<byte[]> leftNames = TreeNames.Sorted(left);
        List<byte[]> rightNames = TreeNames.Sorted(right);
        for (int i = 0; i < Math.Max(leftNames.Count, rightNames.Count); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[]? a = i < leftNames.Count ? leftNames[i] : null;
            byte[]? b = i < rightNames.Count ? rightNames[i] : null;
            if (a is null || b is null || !a.AsSpan().SequenceEqual(b))
            {
                bool leftOnly = b is null || (a is not null && a.AsSpan().SequenceCompareTo(b) < 0);
                return $"{path.Append(new BytePath(leftOnly ? a! : b!))}: only in the {(leftOnly ? "first" : "second")} directory";
            }

            if (CompareEntry(left, right, a, path.Append(new BytePath(a)), cancellationToken) is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    private string? CompareEntry(DirectoryHandle left, DirectoryHandle right, byte[] name, BytePath path, CancellationToken cancellationToken)
    {
        FileStatus a = FileStatus.GetAt(left, name);
        FileStatus b = FileStatus.GetAt(right, name);
        Entries++;
        if ((CompareStatus(a, b, path) ?? CompareAttributes(left, right, name, path)) is { } difference)
        {
            return difference;
        }

        if (a.IsSymlink)
        {
            return left.ReadLink(name).AsSpan().SequenceEqual(right.ReadLink(name)) ? null : $"{path}: the link's target differs";
        }

        if (a.IsDirectory)
        {
            using DirectoryHandle leftChild = left.OpenChild(name);
            using DirectoryHandle rightChild = right.OpenChild(name);
            return CompareDirectory(leftChild, rightChild, path, cancellationToken);
        }

        return a.IsRegular && a.Size > 0 ? CompareContent(left, right, name, path) : null;
    }

    private string? CompareStatus(in FileStatus a, in FileStatus b, BytePath path)
    {
        string what = a.Type != b.Type ? $"type {a.Type} and {b.Type}"
            : a.Mode != b.Mode ? $"mode {Convert.ToString(a.Mode, 8)} and {Convert.ToString(b.Mode, 8)}"
            : a.UserId != b.UserId || a.GroupId != b.GroupId ? $"owner {a.UserId}:{a.GroupId} and {b.UserId}:{b.GroupId}"
            : !a.IsDirectory && a.Size != b.Size ? $"size {a.Size} and {b.Size}"
            : a.ModificationTime != b.ModificationTime ? $"modification time {a.ModificationTime} and {b.ModificationTime}"
            : a.NodeMajor != b.NodeMajor || a.NodeMinor != b.NodeMinor ? "device number"
            : !a.IsDirectory && a.LinkCount != b.LinkCount ? $"number of links {a.LinkCount} and {b.LinkCount}"
            : !SameLink(a, b) ? "hard links"
            : "";
        return what.Length == 0 ? null : $"{(path.IsRoot ? "." : path.ToString())}: {what}";
    }

    private bool SameLink(in FileStatus a, in FileStatus b)
    {
        if (a.IsDirectory || a.LinkCount < 2)
        {
            return true;
        }

        var key = (a.DeviceMajor, a.DeviceMinor, a.Inode);
        return _links.TryAdd(key, b.Inode) || _links[key] == b.Inode;
    }

    private static string? CompareAttributes(DirectoryHandle left, DirectoryHandle right, ReadOnlySpan<byte> name, BytePath path)
    {
        List<byte[]> a = [.. Xattr.List(left, name)];
        List<byte[]> b = [.. Xattr.List(right, name)];
        if (a.Count == 0 && b.Count == 0)
        {
            return null;
        }

        a.Sort((x, y) => x.AsSpan().SequenceCompareTo(y));
        b.Sort((x, y) => x.AsSpan().SequenceCompareTo(y));
        if (a.Count != b.Count)
        {
            return $"{path}: {a.Count} and {b.Count} extended attributes";
        }

        for (int i = 0; i < a.Count; i++)
        {
            if (!a[i].AsSpan().SequenceEqual(b[i]) || !Xattr.Get(left, name, a[i]).AsSpan().SequenceEqual(Xattr.Get(right, name, b[i])))
            {
                return $"{path}: extended attribute {ByteText.Escape(a[i])}";
            }
        }

        return null;
    }

    private string? CompareContent(DirectoryHandle left, DirectoryHandle right, byte[] name, BytePath path)
    {
        using SafeFileHandle a = FileHandle.OpenRead(left, name);
        using SafeFileHandle b = FileHandle.OpenRead(right, name);
        for (long offset = 0; ;)
        {
            int leftCount = FileHandle.ReadAt(a, _left, offset);
            int rightCount = FileHandle.ReadAt(b, _right, offset);
            int same = _left.AsSpan(0, leftCount).CommonPrefixLength(_right.AsSpan(0, rightCount));
            Bytes += same;
            if (same < leftCount || same < rightCount)
            {
                return $"{path}: byte {offset + same}";
            }

            if (leftCount < _left.Length)
            {
                return null;
            }

            offset += leftCount;
        }
    }
}
